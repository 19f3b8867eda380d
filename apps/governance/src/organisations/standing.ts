import type { OrganisationEntity, Successor } from './organisation.entity.js';

/** Where an organisation stands on a day. `unknown`: it is not in the reference data, which says nothing about it. */
export type Standing =
  | { state: 'unknown' }
  | { state: 'open'; name: string }
  | { state: 'not-yet-open'; name: string; opened: string }
  | { state: 'closed'; name: string; closed: string; successors: Successor[] };

/** Where the organisation stands on `day` (YYYY-MM-DD): closed from its `closed` day on, open from its `opened` day on. */
export function standingOn(
  organisation: Pick<OrganisationEntity, 'name' | 'opened' | 'closed' | 'successors'> | null,
  day: string,
): Standing {
  if (organisation === null) return { state: 'unknown' };
  const { name, opened, closed, successors } = organisation;
  // ISO days compare as text.
  if (closed !== null && day >= closed) return { state: 'closed', name, closed, successors };
  if (opened !== null && day < opened) return { state: 'not-yet-open', name, opened };
  return { state: 'open', name };
}
