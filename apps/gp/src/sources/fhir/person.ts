import { fault, nhsNumber, type Fault, type Mode, type PersonRef } from '@caremesh/product';
import { numbersAskedFor } from './conditional.js';
import { extensionCode } from './extension.js';
import { odsOf } from './ods.js';
import { isOdsSystem, type Identifier, type Medicine, type Patient } from './resources.js';
import { unresolved } from './unresolved.js';

const NHS_NUMBER = 'https://fhir.nhs.uk/Id/nhs-number';
/** A reference into the national demographics service names the person by NHS number. */
const PDS = /\/personal-demographics\/FHIR\/R4\/Patient\/(\d{10})$/;

/** UK Core's textual verification status as NHS NUMBER STATUS INDICATOR CODE. */
const STATUSES: Record<string, string> = {
  'number-present-and-verified': '01',
  'number-present-but-not-traced': '02',
  'trace-required': '03',
  'trace-attempted': '04',
  'trace-needs-to-be-resolved': '05',
  'trace-in-progress': '06',
  'number-not-present-and-trace-not-required': '07',
  'trace-postponed': '08',
};

/**
 * Whom a statement or request is about: its patient in the submission, or the identifier beside or in the reference.
 * @returns null with the faults told if nobody can be identified
 */
export function personOf(
  entry: Named & { medicine: Medicine; ambiguous: ReadonlySet<object> },
  faults: Fault[],
): PersonRef | null {
  const { subject } = entry.medicine;
  if (!subject) return refuse(faults, fault('fhirElementMissing', '/subject'));
  if (subject.reference && /(?:^|\/)Group\//.test(subject.reference))
    return refuse(
      faults,
      fault('fhirElementInvalid', '/subject/reference', 'a group is no person'),
    );
  const national = PDS.exec(subject.reference ?? '')?.[1];
  const identifiers = [
    ...(entry.patient?.identifier ?? []),
    ...(subject.identifier ? [subject.identifier] : []),
    ...(national ? [{ system: NHS_NUMBER, value: national }] : []),
    ...numbersAskedFor(subject),
  ];
  if (!entry.patient && identifiers.length === 0 && subject.reference)
    return refuse(faults, unresolved(subject, '/subject/reference', entry));
  return identified(identifiers, entry, faults);
}

/** Who a patient is that came alone. @returns null with the faults told if that cannot be told */
export const personIn = (patient: Patient, entry: Omit<Named, 'patient'>, faults: Fault[]) =>
  identified(patient.identifier ?? [], { ...entry, patient }, faults, '');

/** What of an entry is needed to tell who its identifiers are of. */
type Named = {
  patient: Patient | null;
  /** ODS code of the organisation that a reference leads to. */
  organisations: ReadonlyMap<object, string>;
  mode: Mode;
};

function identified(
  identifiers: Identifier[],
  entry: Named,
  faults: Fault[],
  subject = '/subject',
): PersonRef | null {
  const path = identifiers.length > 0 ? `${subject}/identifier` : subject;
  const current = identifiers.filter((one) => one.use !== 'old' && one.value?.trim());
  const numbers = new Set<string>();
  let status: string | null = null;
  for (const one of current.filter(isNhsNumber)) {
    const parsed = nhsNumber.parseNhsNumber(one.value!, entry.mode, path);
    if (parsed.fault) faults.push(parsed.fault);
    else numbers.add(parsed.value);
    status ??= statusOf(one);
  }
  // UK Core states why a number is not there on an NHS number without a value.
  status ??= statusOf(identifiers.find((one) => isNhsNumber(one) && !one.value?.trim()));
  if (numbers.size > 1) faults.push(fault('nhsNumberConflict', path));
  if (status && !nhsNumber.isNhsNumberStatus(status))
    faults.push(fault('nhsNumberStatusUnknown', `${path}/extension`));
  const others = current.filter((one) => !isNhsNumber(one));
  const local = localOf(others, entry);
  const [number = null] = numbers;
  if (faults.length > 0) return null;
  if (!number && !local)
    return refuse(
      faults,
      fault(others.length > 0 ? 'localIdIssuerMissing' : 'personMissing', path),
    );
  // Nothing said of a number that is there: present, not known to be traced. Without one: trace required.
  return { nhsNumber: number, nhsNumberStatus: status ?? (number ? '02' : '03'), local };
}

const isNhsNumber = ({ system }: Identifier): boolean => nhsNumber.isNhsNumberSystem(system);

/**
 * The identifier of a local system whose issuer is known by ODS code, the same one in whatever order they come: a medical record number
 * first, then one of the patient's own record keeper, and then one order is as good as any, if it is always the same.
 */
function localOf(identifiers: Identifier[], { patient, organisations }: Named): PersonRef['local'] {
  const keeper = odsOf(patient?.managingOrganization, organisations);
  const issued = identifiers.flatMap((one) => {
    const named = one.assigner?.identifier;
    const issuer =
      (isOdsSystem(named?.system) ? named?.value : undefined) ??
      (one.assigner && organisations.get(one.assigner));
    if (!issuer) return [];
    const id = one.value!.trim();
    const isRecordNumber = one.type?.coding?.some(({ code }) => code === 'MR') ?? false;
    const order = [isRecordNumber ? 0 : 1, issuer === keeper ? 0 : 1, issuer, id];
    return [{ local: { issuer, id }, order }];
  });
  const [first] = issued.sort((one, other) => compare(one.order, other.order));
  return first?.local ?? null;
}

function compare(one: (string | number)[], other: (string | number)[]): number {
  const at = one.findIndex((part, position) => part !== other[position]);
  if (at < 0) return 0;
  return one[at]! < other[at]! ? -1 : 1;
}

function statusOf(identifier: Identifier | undefined): string | null {
  const code = extensionCode(identifier?.extension, 'NHSNumberVerificationStatus');
  return code && (STATUSES[code] ?? code);
}

function refuse(faults: Fault[], one: Fault): null {
  faults.push(one);
  return null;
}
