import {
  fault,
  isLocalIdentifier,
  isOdsSystem,
  isStatedIdentifier,
  lasting,
  localsOf,
  nhsNumber,
  type Fault,
  type Mode,
  type NamedPerson,
} from '@caremesh/product';
import { numbersAskedFor } from './conditional.js';
import { timeOf } from './ended.js';
import { extensionCode } from './extension.js';
import { odsOf } from './ods.js';
import type { Identifier, Medicine, Patient } from './resources.js';
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
): NamedPerson | null {
  const { subject } = entry.medicine;
  if (!subject) return refuse(faults, fault('fhirElementMissing', '/subject'));
  if (subject.reference && /(?:^|\/)Group\//.test(subject.reference))
    return refuse(
      faults,
      fault('fhirElementInvalid', '/subject/reference', 'a group is no person'),
    );
  const national = PDS.exec(subject.reference ?? '')?.[1];
  const beside = [
    ...(subject.identifier ? [subject.identifier] : []),
    ...(national ? [{ system: NHS_NUMBER, value: national }] : []),
    ...numbersAskedFor(subject),
  ];
  if (!entry.patient && beside.length === 0 && subject.reference)
    return refuse(faults, unresolved(subject, '/subject/reference', entry));
  return identified(beside, entry, faults);
}

/** Who a patient is that came alone. @returns null with the faults told if that cannot be told */
export const personIn = (patient: Patient, entry: Omit<Named, 'patient'>, faults: Fault[]) =>
  identified([], { ...entry, patient }, faults, '');

/** What of an entry is needed to tell who its identifiers are of. */
type Named = {
  medicine?: Medicine;
  patient: Patient | null;
  /** ODS code of the organisation that a reference leads to. */
  organisations: ReadonlyMap<object, string>;
  mode: Mode;
};

/** Who somebody is by their own identifiers, and by those that a reference states `beside` them. */
function identified(
  beside: Identifier[],
  entry: Named,
  faults: Fault[],
  subject = '/subject',
): NamedPerson | null {
  const own = entry.patient?.identifier ?? [];
  const identifiers = [...own, ...beside];
  const path = identifiers.length > 0 ? `${subject}/identifier` : subject;
  // What has ended is no other person. Whom a reference names is never taken for one whose number ended.
  const owned = lasting(
    own.filter(isStatedIdentifier).filter(isNhsNumber),
    (one) => one,
    timeOf(entry),
  );
  const numbers = new Set<string>();
  let status: string | null = null;
  for (const one of [...owned, ...beside.filter(isStatedIdentifier).filter(isNhsNumber)]) {
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
  const [number = null] = numbers;
  const others = identifiers.filter((one) => isStatedIdentifier(one) && isLocalIdentifier(one));
  const [local = null, ...further] = localsOf(others, (one) => issuerOf(one, entry), {
    keeper: odsOf(entry.patient?.managingOrganization, entry.organisations),
    time: timeOf(entry),
    isNumbered: number !== null,
  });
  if (faults.length > 0) return null;
  if (!number && !local)
    return refuse(
      faults,
      fault(others.length > 0 ? 'localIdIssuerMissing' : 'personMissing', path),
    );
  // Nothing said of a number that is there: present, not known to be traced. Without one: trace required.
  const nhsNumberStatus = status ?? (number ? '02' : '03');
  return { nhsNumber: number, nhsNumberStatus, local, ...(further.length && { others: further }) };
}

const isNhsNumber = ({ system }: Identifier): boolean => nhsNumber.isNhsNumberSystem(system);

function issuerOf({ assigner }: Identifier, { organisations }: Named): string | undefined {
  const named = assigner?.identifier;
  const stated = isOdsSystem(named?.system) ? named?.value : undefined;
  return stated ?? (assigner && organisations.get(assigner));
}

function statusOf(identifier: Identifier | undefined): string | null {
  const code = extensionCode(identifier?.extension, 'NHSNumberVerificationStatus');
  return code && (STATUSES[code] ?? code);
}

function refuse(faults: Fault[], one: Fault): null {
  faults.push(one);
  return null;
}
