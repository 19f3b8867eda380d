import {
  fault,
  type Fault,
  type Held,
  type Mode,
  type References,
  type SourceItem,
} from '@caremesh/product';
import { organisation } from '../../organisation.js';
import { organisationsBy, type MedicineEntry } from './medicine-entry.js';
import { personIn } from './person.js';
import type { Patient, Supporting } from './resources.js';
import { restrictionOf } from './restriction.js';

type Item = SourceItem<MedicineEntry>;

/**
 * A patient to whom nothing of the submission refers: no record, but whether they are restricted holds for all that is
 * held of them. Null where the patient says nothing of that. Only of one who is restricted anything is landed, and then no
 * more than says who that is; one of whom it cannot be told goes to quarantine, for else nobody would learn of it.
 */
export function lonePatient(
  held: Held<Supporting>,
  leftOut: Item,
  references: References<Supporting>,
  mode: Mode,
): Item | null {
  const { resource, place } = held;
  if (resource?.resourceType !== 'Patient') return null;
  const faults: Fault[] = [];
  const organisations = organisationsBy(resource, place, references);
  const person = personIn(resource, { organisations, mode }, faults);
  const nobody = { nhsNumber: null, nhsNumberStatus: '', local: null };
  const said = restrictionOf(resource, person ?? nobody, false);
  // A later state of the same resource was in the submission.
  if (!said || (held.superseded && said.at === null)) return null;
  const raw = said.restricted ? essence(resource, issuersOf(resource)) : leftOut.raw;
  if (person) return { ...leftOut, raw, restriction: said };
  return said.restricted ? unheeded(leftOut, raw, faults) : null;
}

/** A patient marked as restricted who cannot be read: known again by what remains once the faults are gone. */
export const unreadPatient = (leftOut: Item, original: object, faults: Fault[]): Item =>
  unheeded(leftOut, essence(original as Patient), faults);

/** A resource that comes too late to make unclear what was taken to mean another of its name. */
export function contestedBy({ kind, resource, faults }: Held<Supporting>, leftOut: Item): Item {
  const { restriction } = leftOut;
  const { id } = resource ?? {};
  const raw =
    resource?.resourceType === 'Patient'
      ? essence(resource, issuersOf(resource))
      : JSON.stringify({ resourceType: kind, id });
  const item = unheeded(leftOut, raw, [...faults, fault('fhirNameTaken', '/id')]);
  return restriction ? { ...item, restriction } : item;
}

const unheeded = ({ index, sourceId }: Item, raw: Item['raw'], errors: Fault[]): Item => ({
  ...{ index, sourceId, raw, publisherOds: organisation.ods },
  ...{ outcome: 'quarantined', errors },
});

/** With their record keeper: which of several identifiers they are known by is told by that. */
const essence = (
  { id, meta, identifier, managingOrganization }: Patient,
  contained?: object[],
): string =>
  JSON.stringify({
    ...{ resourceType: 'Patient', id, meta, contained, identifier, managingOrganization },
  });

/** What a patient contains of their keeper and of who issued their identifiers: without it these would be nobody's. */
function issuersOf({
  contained,
  identifier = [],
  managingOrganization,
}: Patient): object[] | undefined {
  const issuers = [managingOrganization, ...identifier.map(({ assigner }) => assigner)];
  const named = new Set(issuers.map((one) => one?.reference));
  const kept = contained?.filter((one) => 'id' in one && named.has(`#${String(one.id)}`));
  return kept?.length ? kept : undefined;
}
