import { Faulty, fault, type Change, type Fault } from '@caremesh/product';
import { organisation } from '../../organisation.js';
import { codeOf, extensionCode, extensionOf } from '../../sources/fhir/extension.js';
import { authorOf, changedAt, type MedicineEntry } from '../../sources/fhir/medicine-entry.js';
import { odsOf } from '../../sources/fhir/ods.js';
import { personOf } from '../../sources/fhir/person.js';
import type { Concept, Medicine } from '../../sources/fhir/resources.js';
import { unresolved } from '../../sources/fhir/unresolved.js';
import { clinicalCode, clinicalCoding, stated, wordsOf } from './coded.js';
import { demographicsOf, practiceOf } from './demographics.js';
import { doseOf } from './dose.js';
import type { MedicationStatement } from './record.gen.js';
import { supplyOf } from './supply.js';
import { dayOf, momentOf } from './time.js';

/** What a source says of an entry that was coded once and lost its code in a transfer (GP2GP). */
const TRANSFER_DEGRADED = '196421000000109';

/** What the national prescription service calls otherwise than UK Core (https://fhir.nhs.uk/CodeSystem/medicationrequest-course-of-therapy). */
const COURSES = new Map([['continuous-repeat-dispensing', 'continuous-repeating-dispensing']]);

/** Of a medicine that the practice has only been told of (UKCore-MedicationPrescribingOrganizationType). */
const ELSEWHERE = 'prescribed-by-another-organisation';

/**
 * The statuses of a request (http://hl7.org/fhir/R4/valueset-medicationrequest-status.html) as the product has them, whose list
 * is that of statements. `entered-in-error` is a retraction before it is a status.
 */
const OF_REQUEST = new Map([
  ...['active', 'on-hold', 'completed', 'stopped', 'unknown'].map((same) => [same, same] as const),
  ['cancelled', 'stopped'],
  ['draft', 'intended'],
]);

/** The one change that a statement or request makes: its record as it now is, or its retraction. */
export function toMedicationStatement(
  entry: MedicineEntry,
): Change<MedicationStatement>[] | Faulty {
  const { medicine } = entry;
  // What was never true is taken back, whatever it was said to mean.
  const isRetracted = medicine.status === 'entered-in-error';
  const faults = isRetracted ? [] : modifiersOf(medicine);
  if (medicine.meta?.lastUpdated && !changedAt(medicine))
    momentOf(medicine.meta.lastUpdated, '/meta/lastUpdated', faults);
  const id = idOf(entry);
  if (!id) faults.push(fault('recordIdMissing', '/id'));
  const custodian = odsOf(entry.patient?.managingOrganization, entry.organisations);
  const practice = practiceOf(entry);
  const change = {
    // Ids are a server's own: the same id in the systems of two practices is two records. A resource that comes
    // without its patient does not say whose it is; then it is the one that is held.
    sourceRecordId: `${medicine.resourceType}/${id}`,
    keeper: custodian,
    ...(custodian === null && practice !== null && { likelyKeeper: practice }),
    // The patient's record keeper, else the practice, else whoever runs this service.
    publisherOds: custodian ?? practice ?? organisation.ods,
    at: changedAt(medicine),
  };
  if (isRetracted)
    return faults.length > 0
      ? new Faulty(faults)
      : [{ change: 'retract', ...change, person: personOf(entry, []) }];
  const person = personOf(entry, faults);
  if (entry.replaced)
    faults.push(fault('fhirElementInvalid', '/subject/link', 'it was replaced by another patient'));
  const content = contentOf(entry, id, faults);
  if (faults.length > 0 || !person) return new Faulty(faults);
  return [{ change: 'upsert', ...change, person, content }];
}

/** Of an element that may be of one of several types, and is of two. */
const twice = (path: string): Fault =>
  fault('fhirElementInvalid', path, 'it is also given as another type; give one');

/** Elements that change what the rest means: who does not understand them must not read the rest (FHIR R4, 2.6.2). */
function modifiersOf(medicine: Medicine): Fault[] {
  const faults: Fault[] = [];
  if (medicine.modifierExtension?.length)
    faults.push(fault('fhirElementInvalid', '/modifierExtension'));
  if (medicine.implicitRules) faults.push(fault('fhirElementInvalid', '/implicitRules'));
  if (medicine.resourceType === 'MedicationRequest' && medicine.doNotPerform)
    faults.push(fault('fhirElementInvalid', '/doNotPerform', 'an order not to give a medicine'));
  return faults;
}

/** The resource's id, else its first business identifier, else the address of its entry. */
function idOf({ medicine, fullUrl }: MedicineEntry): string | null {
  return medicine.id ?? medicine.identifier?.find((one) => one.value)?.value ?? fullUrl;
}

function contentOf(
  entry: MedicineEntry,
  id: string | null,
  faults: Fault[],
): Partial<MedicationStatement> {
  const { medicine } = entry;
  const request = medicine.resourceType === 'MedicationRequest' ? medicine : null;
  if (request && request.intent === undefined) faults.push(fault('fhirElementMissing', '/intent'));
  const agency = agencyOf(medicine);
  return {
    medicationStatementId: id,
    recordedAs: request ? 'request' : 'statement',
    ...medicationOf(entry, faults),
    status: statusOf(medicine, faults),
    statusReasonText: reasonOf(medicine),
    prescriptionType: extensionCode(medicine.extension, 'PrescriptionType'),
    requestIntent: request?.intent ?? null,
    courseOfTherapy: courseOf(request),
    ...doseOf(medicine, faults),
    ...supplyOf(medicine, faults),
    ...timesOf(medicine, faults),
    // Who told a practice of a medicine that others prescribe does not prescribe it.
    prescribingOds:
      !request && agency === ELSEWHERE ? null : odsOf(authorOf(medicine), entry.organisations),
    prescribingAgency: agency,
    reasonCode: clinicalCode(
      medicine.reasonCode?.find((one) => clinicalCoding(one)),
      '/reasonCode',
      faults,
    ),
    ...demographicsOf(entry, faults),
  };
}

/** Whether the practice or another organisation prescribes, by the name that UK Core has for it now, had, or had before. */
const agencyOf = ({ extension }: Medicine): string | null =>
  extensionCode(extension, 'MedicationPrescribingOrganizationType') ??
  extensionCode(extension, 'MedicationPrescribingOrganization') ??
  extensionCode(extension, 'MedicationPrescribingAgency');

function courseOf(request: Extract<Medicine, { resourceType: 'MedicationRequest' }> | null) {
  const code = codeOf(request?.courseOfTherapyType, 'course-of-therapy', 'CourseOfTherapy');
  return code === null ? null : (COURSES.get(code) ?? code);
}

/** The medicine's code, its name and the words typed, from the element itself or the Medication it refers to. */
function medicationOf(entry: MedicineEntry, faults: Fault[]): Partial<MedicationStatement> {
  const { medicine, medication } = entry;
  const reference = medicine.medicationReference;
  if (reference?.reference && !medication) {
    faults.push(unresolved(reference, '/medicationReference/reference', entry));
    return {};
  }
  if (reference && medicine.medicationCodeableConcept) faults.push(twice('/medicationReference'));
  if (medication?.status === 'entered-in-error')
    faults.push(fault('fhirElementInvalid', '/medicationReference/status', 'entered in error'));
  const concept = medicine.medicationCodeableConcept ??
    medication?.code ?? { text: reference?.display };
  const degraded = concept.coding?.some(({ code }) => code === TRANSFER_DEGRADED) ?? false;
  const code = degraded ? null : clinicalCode(concept, '/medicationCodeableConcept/coding', faults);
  if (code === null && wordsOf(concept) === null) faults.push(nameless(concept, degraded));
  return {
    medicationCode: code,
    medicationDisplay: code === null ? null : stated(clinicalCoding(concept)?.display),
    medicationText: stated(concept.text) ?? (code === null ? wordsOf(concept) : null),
    dmdLevel: null,
    transferDegraded: degraded,
  };
}

/** Nothing says what the medicine is: nothing at all does, or only a code of a system that the product does not take (Read, a local one). */
function nameless({ coding }: Concept, degraded: boolean): Fault {
  const isCoded = coding?.some(({ code }) => stated(code) !== null) ?? false;
  return isCoded && !degraded
    ? fault('codeSystemNotTaken', '/medicationCodeableConcept/coding')
    : fault('fhirElementMissing', '/medicationCodeableConcept');
}

function statusOf({ resourceType, status }: Medicine, faults: Fault[]): string | null {
  if (status === undefined) faults.push(fault('fhirElementMissing', '/status'));
  // The contract's own list looks at that of a statement.
  if (status === undefined || resourceType === 'MedicationStatement') return status ?? null;
  const same = OF_REQUEST.get(status);
  if (same === undefined) faults.push(fault('codeUnknown', '/status'));
  return same ?? null;
}

function reasonOf({ statusReason }: Medicine): string | null {
  const reasons = Array.isArray(statusReason) ? statusReason : statusReason ? [statusReason] : [];
  const words = reasons.map(wordsOf).filter((one) => one !== null);
  return words.length > 0 ? words.join('\n') : null;
}

function timesOf(medicine: Medicine, faults: Fault[]): Partial<MedicationStatement> {
  const issued = extensionOf(medicine.extension, 'MedicationStatementLastIssueDate');
  const lastIssued = dayOf(issued?.valueDateTime, '/extension/LastIssueDate', faults);
  if (medicine.resourceType === 'MedicationRequest')
    return { authoredAt: momentOf(medicine.authoredOn, '/authoredOn', faults), lastIssued };
  const { effectivePeriod, effectiveDateTime } = medicine;
  if (effectivePeriod && effectiveDateTime !== undefined) faults.push(twice('/effectivePeriod'));
  const effectiveStart = effectivePeriod?.start
    ? dayOf(effectivePeriod.start, '/effectivePeriod/start', faults)
    : dayOf(effectiveDateTime, '/effectiveDateTime', faults);
  const effectiveEnd = dayOf(effectivePeriod?.end, '/effectivePeriod/end', faults);
  if (effectiveStart !== null && effectiveEnd !== null && effectiveEnd < effectiveStart)
    faults.push(fault('endBeforeStart', '/effectivePeriod/end'));
  return {
    effectiveStart,
    effectiveEnd,
    dateAsserted: dayOf(medicine.dateAsserted, '/dateAsserted', faults),
    lastIssued,
  };
}
