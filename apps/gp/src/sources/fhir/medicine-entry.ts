import { fault, shownId, ukTime, type Mode, type SourceItem } from '@caremesh/product';
import { organisation } from '../../organisation.js';
import type { Held, References } from './references.js';
import type { Identifier, Medication, Medicine, Patient, Reference } from './resources.js';

/** A statement or request with all that it refers to. What is missing of it, the mapping says. */
export type MedicineEntry = {
  medicine: Medicine;
  /** The identity of an entry without an id. */
  fullUrl: string | null;
  patient: Patient | null;
  medication: Medication | null;
  /** ODS code of the organisation that a reference leads to, by reference text. */
  organisations: Record<string, string>;
  mode: Mode;
};

/** A medicine as it stands in a submission: read, and as it came. */
export type Found = { index: number; medicine: Medicine; original: object; fullUrl?: string };

export const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';

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

/** True if nothing that may stand further on in the submission could add to the medicine. */
export const isComplete = (medicine: Medicine, references: References): boolean =>
  reachOf(medicine, references).every(
    (one) => !mayCome(one) || references.find(one, medicine.contained) !== undefined,
  );

/** The item of a medicine with what the submission holds of its surroundings. */
export function itemOf(
  { index, medicine, original, fullUrl }: Found,
  references: References,
  mode: Mode,
): SourceItem<MedicineEntry> {
  const find = (one: Reference | undefined): Held | undefined =>
    references.find(one, medicine.contained);
  const reach = reachOf(medicine, references);
  const surroundings = [...new Set(reach.flatMap((one) => find(one) ?? []))];
  const identifiers = [
    medicine.subject?.identifier,
    ...(patientOf(find(medicine.subject))?.identifier ?? []),
  ];
  const people = identifiers.flatMap((one) => one?.value ?? []);
  const sourceId = sourceIdOf(medicine.resourceType, medicine.id, index, people);
  const keeper = odsOf(find(patientOf(find(medicine.subject))?.managingOrganization), find);
  const head = {
    index,
    sourceId,
    raw: rawOf(original, fullUrl, surroundings),
    publisherOds: keeper ?? organisation.ods,
  };
  const subject = find(medicine.subject);
  const drug = find(medicine.medicationReference);
  for (const [held, path] of [
    [subject, '/subject'],
    [drug, '/medicationReference'],
  ] as const)
    if (held?.resource === null)
      return { ...head, outcome: 'quarantined', errors: [fault('fhirElementInvalid', path)] };
  const organisations: Record<string, string> = {};
  for (const one of reach) {
    const ods = odsOf(find(one), find);
    if (ods && one.reference) organisations[one.reference] = ods;
  }
  const record = {
    medicine,
    fullUrl: fullUrl ?? null,
    patient: patientOf(subject),
    medication: drug?.resource?.resourceType === 'Medication' ? drug.resource : null,
    organisations,
    mode,
  };
  return { ...head, record, at: changedAt(medicine) };
}

/** Every reference that a record may need: of the medicine, of its patient, of the role that prescribed. */
function reachOf(medicine: Medicine, references: References): Reference[] {
  const patient = patientOf(references.find(medicine.subject, medicine.contained));
  const author = references.find(authorOf(medicine), medicine.contained)?.resource;
  return [
    medicine.subject,
    medicine.medicationReference,
    authorOf(medicine),
    author?.resourceType === 'PractitionerRole' ? author.organization : undefined,
    patient?.managingOrganization,
    ...(patient?.generalPractitioner ?? []),
    ...(patient?.identifier ?? []).map(({ assigner }) => assigner),
  ].filter((one) => one !== undefined);
}

/** True if the reference may be to something that this domain reads and that stands further on. */
const mayCome = ({ reference }: Reference): boolean =>
  reference !== undefined &&
  (/(?:^|\/)(?:Patient|Medication|Organization|PractitionerRole)\//.test(reference) ||
    reference.startsWith('urn:'));

const patientOf = (held: Held | undefined): Patient | null =>
  held?.resource?.resourceType === 'Patient' ? held.resource : null;

/** The ODS code of an organisation, or of the one for which a role is held. */
function odsOf(
  held: Held | undefined,
  find: (one: Reference) => Held | undefined,
): string | undefined {
  const resource = held?.resource;
  if (resource?.resourceType === 'Organization') return odsIn(resource.identifier);
  if (resource?.resourceType !== 'PractitionerRole' || !resource.organization) return undefined;
  const { organization } = resource;
  const referred = find(organization)?.resource;
  const stated = organization.identifier && odsIn([organization.identifier]);
  return (
    stated ?? (referred?.resourceType === 'Organization' ? odsIn(referred.identifier) : undefined)
  );
}

const odsIn = (identifiers: Identifier[] | undefined): string | undefined =>
  identifiers?.find((one) => one.system === ODS)?.value;

/**
 * What is landed of an item: the resource as it came and, of what it refers to, only the elements that are read.
 * It is a Bundle again, so that a replay reads it as it was read first.
 */
function rawOf(original: object, fullUrl: string | undefined, surroundings: Held[]): string {
  const supports = surroundings
    .filter((held) => held.index >= 0)
    .map((held) => ({ fullUrl: held.fullUrl, resource: held.resource }));
  if (supports.length === 0 && !fullUrl) return JSON.stringify(original);
  const entry = [{ fullUrl, resource: original }, ...supports];
  return JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });
}
