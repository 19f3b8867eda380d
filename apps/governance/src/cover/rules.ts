import { isIndependentOf } from '../authority/authority.js';
import type { Author, Person } from '../authority/authority.js';

/** Roles that may be covered: those that decide. */
export const COVERABLE = /^(governance-lead|ig-lead|caldicott-guardian|[a-z0-9-]+-owner)$/;

/** As much of a cover as decides what it is worth. */
export type Cover = {
  role: string;
  holder: string;
  holderTeam: string | null;
  /** What else they are, as their token said when they gave it: whoever publishes for a domain is of its team. */
  holderRoles: readonly string[];
  deputy: string;
  fromAt: Date;
  untilAt: Date;
  endedAt: Date | null;
};

/** Is it in force at this moment? The first moment counts, the last does not. */
export function isInForce({ fromAt, untilAt, endedAt }: Cover, at: Date): boolean {
  return fromAt <= at && at < untilAt && (endedAt === null || at < endedAt);
}

/**
 * The person with the roles they cover for somebody else. A holder who made what is to be decided, or is of
 * the team that did, cannot have it decided through a deputy: then the cover is worth nothing. Pure.
 */
export function withCovers(
  person: Person,
  covers: readonly Cover[],
  authors: readonly Author[],
  at: Date,
): Person {
  const roles = covers
    .filter((cover) => cover.deputy === person.sub && isInForce(cover, at))
    .filter(({ holder, holderTeam, holderRoles }) => {
      const roles = [...holderRoles];
      const asPerson: Person = { sub: holder, kind: 'user', roles, team: holderTeam };
      return isIndependentOf(asPerson, authors);
    })
    .map(({ role }) => role);
  return roles.length === 0 ? person : { ...person, roles: [...person.roles, ...roles] };
}
