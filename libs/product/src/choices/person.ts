import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import { lasting, lastMomentOf } from '../fhir/ended.js';
import { isLocalIdentifier, isStatedIdentifier, localsOf } from '../fhir/identifiers.js';
import { isOdsSystem, odsIn } from '../fhir/ods.js';
import type { Held, Place, References } from '../fhir/references.js';
import { isNhsNumberSystem, parseNhsNumber } from '../person/nhs-number.js';
import type { Mode } from '../person/nhs-number.js';
import type { NamedPerson } from '../person/person-ref.js';
import type { Entry, Identifier, Organization, Patient, Reference } from './resources.js';

/** What the rest of a submission says of who somebody is, and of who issued what they are known by. */
export type People = { patients: References<Patient>; organisations: References<Organization> };

/** Where an entry is read. `place`: where it stands, from which its references are meant. */
export type Where = People & { place: Place; mode: Mode };

export type Faults = { faults: Fault[] };

/** How an entry names its person. */
const namedBy = (entry: Entry): Reference | undefined =>
  entry.resourceType === 'Consent' ? entry.patient : entry.subject;

/** An identifier, and where what it refers to is meant from. */
type Placed = { one: Identifier; from: Place };

/**
 * Whom an entry is about: the patient that it refers to, or the identifier beside the reference, which must agree. A
 * reference that may mean several says nobody: one of them would be somebody else.
 * Which of somebody's identifiers count, and in which order, is as for their records (`fhir/identifiers.ts`): else the choice would
 * be kept of one name of theirs and the records of another.
 */
export function personOf(entry: Entry, where: Where): NamedPerson | Faults {
  const { patients, place, mode } = where;
  const named = namedBy(entry);
  const path = entry.resourceType === 'Consent' ? '/patient' : '/subject';
  const found = patients.find(named, place);
  if (found && found.faults.length > 0)
    return { faults: found.faults.map((one) => ({ ...one, path: `${path}${one.path}` })) };
  const { own, beside } = identifiersOf(named, found, place);
  const identifiers = [...own, ...beside];
  if (named?.reference && !found && identifiers.length === 0)
    return { faults: [unresolved(patients.isAmbiguous(named, place), `${path}/reference`)] };
  const time = timeOf(entry, found?.resource);
  const numbers = new Set<string>();
  // What has ended is no other person. Whom a reference names is never taken for one whose number ended.
  for (const { one } of [
    ...lasting(own.filter(isNhsNumber), (each) => each.one, time),
    ...beside.filter(isNhsNumber),
  ]) {
    const parsed = parseNhsNumber(one.value!, mode, `${path}/identifier`);
    if (parsed.fault) return { faults: [parsed.fault] };
    numbers.add(parsed.value);
  }
  if (numbers.size > 1) return { faults: [fault('nhsNumberConflict', `${path}/identifier`)] };
  const [nhsNumber = null] = numbers;
  const keeper = found?.resource?.managingOrganization;
  const issuers = new Map(
    identifiers.map(({ one, from }) => [one, odsOf(one.assigner, from, where, time)]),
  );
  const [local = null, ...others] = localsOf(
    identifiers.map(({ one }) => one).filter(isLocalIdentifier),
    (one) => issuers.get(one),
    {
      keeper: (found && odsOf(keeper, found.place, where, time)) ?? null,
      time,
      isNumbered: nhsNumber !== null,
    },
  );
  if (nhsNumber === null && local === null) return { faults: [fault('personMissing', path)] };
  return { nhsNumber, nhsNumberStatus: nhsNumber === null ? '03' : '02', local, others };
}

/** What it takes of a submission, beside an entry, to tell again whom that is about. */
export function surroundingsOf(
  entry: Entry,
  { patients, organisations, place }: Where,
): Held<Patient | Organization>[] {
  const named = namedBy(entry);
  const found = patients.find(named, place);
  const { own, beside } = identifiersOf(named, found, place);
  const keeper = found?.resource?.managingOrganization;
  const issuers = [
    ...[...own, ...beside].map(({ one, from }) => organisations.find(one.assigner, from)),
    found && organisations.find(keeper, found.place),
  ];
  const all = new Set([found, ...issuers]);
  // One that cannot be read would be no resource when it is read again.
  return [...all].flatMap((held) => (held?.resource && held.index >= 0 ? [held] : []));
}

/** All that tells who an entry is about, of whatever issuer: what must not be shown. */
export function tellsWhoOf(entry: Entry, { patients, place }: Where): string[] {
  const named = namedBy(entry);
  const own = patients.find(named, place)?.resource?.identifier ?? [];
  return [...own, named?.identifier].flatMap((one) => one?.value ?? []);
}

/** What is stated of somebody: by the patient, and beside the reference to them. */
function identifiersOf(
  named: Reference | undefined,
  found: Held<Patient> | undefined,
  place: Place,
): { own: Placed[]; beside: Placed[] } {
  const placed = (all: readonly Identifier[] | undefined, from: Place): Placed[] =>
    (all ?? []).filter(isStatedIdentifier).map((one) => ({ one, from }));
  return {
    own: found ? placed(found.resource?.identifier, found.place) : [],
    beside: placed(named?.identifier && [named.identifier], place),
  };
}

/** The ODS code that a reference to an organisation states, or leads to. */
function odsOf(
  reference: Identifier['assigner'],
  from: Place,
  { organisations }: People,
  time: number | null,
): string | undefined {
  const { system, value } = reference?.identifier ?? {};
  const stated = isOdsSystem(system) ? value : undefined;
  return stated ?? odsIn(organisations.find(reference, from)?.resource?.identifier, time);
}

/**
 * The time (ms) of an entry: when it was last changed, else from when on it holds. The patient is what says what has ended, so it is
 * no earlier than when that was last changed.
 */
function timeOf(entry: Entry, patient: Patient | null | undefined): number | null {
  const since = entry.resourceType === 'Consent' ? entry.dateTime : entry.effectiveDateTime;
  const own = lastMomentOf(entry.meta?.lastUpdated) ?? lastMomentOf(since);
  const known = [own, lastMomentOf(patient?.meta?.lastUpdated)].filter((time) => time !== null);
  return known.length > 0 ? Math.max(...known) : null;
}

const unresolved = (isAmbiguous: boolean, path: string): Fault =>
  fault(
    'fhirReferenceUnresolved',
    path,
    isAmbiguous ? 'several have this type and id; give each entry its fullUrl' : undefined,
  );

const isNhsNumber = ({ one }: Placed): boolean => isNhsNumberSystem(one.system);
