import {
  odsIn,
  shownId,
  ukTime,
  type Fault,
  type Held as HeldResource,
  type Mode,
  type Place,
  type References as SubmissionReferences,
  type SourceItem,
} from '@caremesh/product';
import { organisation } from '../../organisation.js';
import { identifiersAskedFor, isConditional } from './conditional.js';
import { timeOf, type Dated } from './ended.js';
import { personOf } from './person.js';
import { restrictionOf } from './restriction.js';
import type {
  Identifier,
  Medication,
  Medicine,
  Patient,
  Reference,
  Supporting,
} from './resources.js';

type Held = HeldResource<Supporting>;
type References = SubmissionReferences<Supporting>;

/** A statement or request with all that it refers to. What is missing of it, the mapping says. */
export type MedicineEntry = {
  medicine: Medicine;
  /** The identity of an entry without an id. */
  fullUrl: string | null;
  patient: Patient | null;
  /** Its patient was replaced by somebody whom no identifier tells to be the same person. */
  replaced: boolean;
  medication: Medication | null;
  /** ODS code of the organisation that a reference of the medicine, its patient or its author leads to. */
  organisations: ReadonlyMap<object, string>;
  /** References that may mean more than one resource of the submission. */
  ambiguous: ReadonlySet<object>;
  mode: Mode;
};

/** A medicine as it stands in a submission: read, and as it came. */
export type Found = { index: number; medicine: Medicine; original: object; place: Place };
/** A reference, and where it stands. */
type Placed = { reference: Reference; from: Place };

/** Who prescribed, or who said that it is taken. */
export const authorOf = (medicine: Medicine): Reference | undefined =>
  medicine.resourceType === 'MedicationRequest' ? medicine.requester : medicine.informationSource;

/** When the source system last changed the resource, if it says so in a way that can be read. */
export function changedAt({ meta }: Medicine): string | null {
  const time = meta?.lastUpdated;
  return time === undefined ? null : (ukTime.parseDateTime(time, '').value ?? null);
}

/** Kind and id; of a resource whose id tells who it is about, or that has none, its place in the submission. */
export function sourceIdOf(
  kind: string,
  id: unknown,
  index: number,
  people: readonly string[] = [],
): string {
  const isId = typeof id === 'string' && /^[A-Za-z0-9.-]{1,64}$/.test(id) && !/\d{10}/.test(id);
  return isId && shownId(id, people) !== null ? `${kind}/${id}` : `${kind} (no. ${index + 1})`;
}

/** True if nothing that may stand further on in the submission could add to the medicine, or make unclear what it means. */
export const isComplete = ({ medicine, place }: Found, references: References): boolean =>
  reachOf(medicine, place, references).every(
    ({ reference, from }) => !mayCome(reference) || references.isSettled(reference, from),
  );

/** The item of a medicine with what the submission holds of its surroundings. */
export function itemOf(
  { index, medicine, original, place }: Found,
  references: References,
  mode: Mode,
): SourceItem<MedicineEntry> {
  const reach = reachOf(medicine, place, references);
  const surroundings = new Set(
    reach.flatMap(({ reference, from }) => references.take(reference, from) ?? []),
  );
  const subject = references.find(medicine.subject, place);
  const drug = references.find(medicine.medicationReference, place);
  const patient = patientOf(subject);
  const organisations = organisationsOf(reach, references, { medicine, patient });
  const keeper = patient?.managingOrganization && organisations.get(patient.managingOrganization);
  const asked = medicine.subject ? identifiersAskedFor(medicine.subject) : [];
  const identifiers = [medicine.subject?.identifier, ...asked, ...(patient?.identifier ?? [])];
  const people = identifiers.flatMap((one) => one?.value ?? []);
  const head = {
    index,
    sourceId: sourceIdOf(medicine.resourceType, medicine.id, index, people),
    raw: rawOf(original, place.fullUrl, [...surroundings]),
    publisherOds: keeper ?? organisation.ods,
  };
  const ambiguous = reach.filter(({ reference, from }) => references.isAmbiguous(reference, from));
  const record = {
    medicine,
    fullUrl: place.fullUrl ?? null,
    patient,
    replaced: isReplaced(patient, subject, references),
    medication: drug?.resource?.resourceType === 'Medication' ? drug.resource : null,
    organisations,
    ambiguous: new Set(ambiguous.map(({ reference }) => reference)),
    mode,
  };
  const isContained = subject?.index === -1;
  const restriction = patient && restrictionOf(patient, personOf(record, []), isContained);
  const told = { ...head, ...(restriction && { restriction }) };
  // What was never true is taken back, whatever it was a medicine of.
  const isRetracted = medicine.status === 'entered-in-error';
  const errors = [
    ...faultsOf(subject, '/subject'),
    ...(isRetracted ? [] : faultsOf(drug, '/medicationReference')),
  ];
  if (errors.length > 0) return { ...told, outcome: 'quarantined', errors };
  return { ...told, record, at: changedAt(medicine) };
}

/** The ODS code of each organisation that a patient who came alone refers to. */
export function organisationsBy(patient: Patient, place: Place, references: References) {
  const reach = placed(ofPatient(patient), place);
  for (const { reference, from } of reach) references.take(reference, from);
  return organisationsOf(reach, references, { patient });
}

/** Why a resource that a medicine refers to could not be read, by the path that leads there. */
const faultsOf = (held: Held | undefined, path: string): Fault[] =>
  (held?.faults ?? []).map((one) => ({ ...one, path: `${path}${one.path}` }));

/** Every reference that a record may need: of the medicine, of its patient, of a role that either names. */
function reachOf(medicine: Medicine, place: Place, references: References): Placed[] {
  const subject = references.find(medicine.subject, place);
  const patient = patientOf(subject);
  const own = [
    medicine.subject,
    medicine.medicationReference,
    authorOf(medicine),
    medicine.subject?.identifier?.assigner,
  ];
  const direct = [...placed(own, place), ...placed(ofPatient(patient), subject?.place)];
  const roles = direct.flatMap(({ reference, from }) => references.find(reference, from) ?? []);
  return [...direct, ...roles.flatMap((role) => placed([organisationOf(role)], role.place))];
}

const ofPatient = (patient: Patient | null): (Reference | undefined)[] => [
  patient?.managingOrganization,
  ...(patient?.generalPractitioner ?? []),
  ...(patient?.identifier ?? []).map(({ assigner }) => assigner),
  ...successorsOf(patient),
];

/** Whom a patient's resource was replaced by: "must no longer be used" (FHIR R4, Patient.link.type). */
const successorsOf = (patient: Patient | null): (Reference | undefined)[] =>
  (patient?.link ?? []).filter(({ type }) => type === 'replaced-by').map(({ other }) => other);

/** The same person under another id is no other person, as when two registrations of one were joined. */
function isReplaced(patient: Patient | null, subject: Held | undefined, references: References) {
  const own = new Set(patient?.identifier?.map(nameOfPerson));
  return successorsOf(patient).some((other) => {
    const successor = patientOf(subject && references.find(other, subject.place));
    const identifiers = [
      ...(successor?.identifier ?? []),
      ...(other?.identifier ? [other.identifier] : []),
    ];
    return !identifiers.some((one) => one.value && own.has(nameOfPerson(one)));
  });
}

const nameOfPerson = ({ system, value }: Identifier): string =>
  `${system} ${value?.replaceAll(/\s/g, '')}`;

const placed = (all: (Reference | undefined)[], from: Place | undefined): Placed[] =>
  all.flatMap((reference) => (reference && from ? [{ reference, from }] : []));

/** True if the reference may be to something that this domain reads and that stands further on. */
const mayCome = (one: Reference): boolean =>
  one.reference !== undefined &&
  (/(?:^|\/)(?:Patient|Medication|Organization|PractitionerRole)\//.test(one.reference) ||
    one.reference.startsWith('urn:') ||
    isConditional(one));

const patientOf = (held: Held | undefined): Patient | null =>
  held?.resource?.resourceType === 'Patient' ? held.resource : null;

/** The organisation for which a role is held. */
const organisationOf = (held: Held | undefined): Reference | undefined =>
  held?.resource?.resourceType === 'PractitionerRole' ? held.resource.organization : undefined;

/** The ODS code of every organisation that a reference leads to, or of the one for which a role is held. */
function organisationsOf(
  reach: Placed[],
  references: References,
  dated: Dated,
): Map<object, string> {
  const time = timeOf(dated);
  const organisations = new Map<object, string>();
  for (const { reference, from } of reach) {
    const held = references.find(reference, from);
    const role = organisationOf(held);
    const stated = role?.identifier && odsIn([role.identifier], time);
    const ods = stated ?? odsOf(role && held ? references.find(role, held.place) : held, time);
    if (ods) organisations.set(reference, ods);
  }
  return organisations;
}

const odsOf = (held: Held | undefined, time: number | null): string | undefined =>
  held?.resource?.resourceType === 'Organization'
    ? odsIn(held.resource.identifier, time)
    : undefined;

/**
 * What is landed of an item: the resource as it came and, of what it refers to, only the elements that are read.
 * It is a Bundle again, so that a replay reads it as it was read first.
 */
function rawOf(original: object, fullUrl: string | undefined, surroundings: Held[]): string {
  const supports = surroundings
    .filter((held) => held.index >= 0)
    .map((held) => ({ fullUrl: held.place.fullUrl, resource: held.resource }));
  if (supports.length === 0 && !fullUrl) return JSON.stringify(original);
  const entry = [{ fullUrl, resource: original }, ...supports];
  return JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });
}
