import type { PersonRef } from '../define/product.js';
import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import { parseNhsNumber } from '../person/nhs-number.js';
import type { Mode } from '../person/nhs-number.js';
import { parseDate, parseDateTime } from '../person/uk-time.js';
import type { Said, OwnChoice } from './held.js';
import { PATIENT } from './resources.js';
import type { Coding, Entry, Identifier, Patient, Reference } from './resources.js';
import type { ChoiceCode, ChoiceStatement } from './statement.js';

const NHS_NUMBER =
  /(?:^https:\/\/fhir\.(?:nhs|hl7\.org)\.uk\/Id\/nhs-number|2\.16\.840\.1\.113883\.2\.1\.4\.1)$/;
const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
/** HL7's reasons for which a person lets others see their record; care is the one that local dissent is about. */
const REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const CARE = ['TREAT', 'CAREMGT', 'PATRQT', 'ETREAT'];

/** Where the rest of a submission says who somebody is. */
export type Patients = ReadonlyMap<string, Patient>;

/** Null: the entry is about no choice. */
export type EntryRead = ChoiceStatement | Fault[] | null;

/** Reads one entry. Each fault names a path; nothing of what stands there is repeated. */
export function readEntry(
  entry: Entry,
  about: { codes: readonly ChoiceCode[]; patients: Patients; mode: Mode },
): EntryRead {
  const meant = meaningOf(entry, about.codes);
  if (meant === null) return null;
  if (entry.status === 'entered-in-error') return [fault('choiceInError', '/status')];
  const when = entry.resourceType === 'Consent' ? entry.dateTime : entry.effectiveDateTime;
  const path = entry.resourceType === 'Consent' ? '/dateTime' : '/effectiveDateTime';
  if (when === undefined) return [fault('choiceUndated', path)];
  const time = when.length > 10 ? parseDateTime(when, path) : parseDate(when, path);
  const who = personOf(entry, about);
  const faults = [...(time.fault ? [time.fault] : []), ...('faults' in who ? who.faults : [])];
  if (time.fault || 'faults' in who) return faults;
  return { ...meant, person: who, at: Date.parse(time.value), id: entry.id ?? '' };
}

type Meaning = { choice: OwnChoice; objects: Said['objects'] };

function meaningOf(entry: Entry, codes: readonly ChoiceCode[]): Meaning | null {
  const given =
    entry.resourceType === 'Consent'
      ? (entry.category ?? []).flatMap(({ coding }) => coding ?? [])
      : (entry.code.coding ?? []);
  const known = codes.find((one) => given.some((coding) => isCode(coding, one)));
  if (entry.resourceType === 'Observation') return known ? meaning(known) : null;
  // A consent that is no longer active holds nobody back.
  const active = entry.status === 'active';
  if (known) return { choice: known.choice, objects: active && known.objects };
  const { type, purpose = [] } = entry.provision ?? {};
  const isAboutCare = purpose.some(
    ({ system, code = '' }) => system === REASON && CARE.includes(code),
  );
  if (!isAboutCare || (type !== 'deny' && type !== 'permit')) return null;
  return { choice: 'dissent', objects: active && type === 'deny' };
}

const meaning = ({ choice, objects }: ChoiceCode): Meaning => ({ choice, objects });
const isCode = ({ system, code }: Coding, one: ChoiceCode): boolean =>
  system === one.system && code === one.code;

function personOf(
  entry: Entry,
  { patients, mode }: { patients: Patients; mode: Mode },
): PersonRef | { faults: Fault[] } {
  const named = entry.resourceType === 'Consent' ? entry.patient : entry.subject;
  const path = entry.resourceType === 'Consent' ? '/patient' : '/subject';
  const identifiers = [
    ...(patientOf(named, entry, patients)?.identifier ?? []),
    ...(named?.identifier ? [named.identifier] : []),
  ].filter(({ use, value }) => use !== 'old' && value);
  const numbers = new Set<string>();
  for (const { value = '' } of identifiers.filter(isNhsNumber)) {
    const parsed = parseNhsNumber(value, mode, `${path}/identifier`);
    if (parsed.fault) return { faults: [parsed.fault] };
    numbers.add(parsed.value);
  }
  if (numbers.size > 1) return { faults: [fault('nhsNumberConflict', `${path}/identifier`)] };
  const [nhsNumber = null] = numbers;
  const local = localOf(identifiers);
  if (nhsNumber === null && local === null) return { faults: [fault('personMissing', path)] };
  return { nhsNumber, nhsNumberStatus: nhsNumber === null ? '03' : '02', local };
}

const isNhsNumber = ({ system = '' }: Identifier): boolean => NHS_NUMBER.test(system);

function localOf(identifiers: readonly Identifier[]): PersonRef['local'] {
  for (const { value, assigner } of identifiers.filter((one) => !isNhsNumber(one))) {
    const { system, value: issuer } = assigner?.identifier ?? {};
    if (system === ODS && issuer && value) return { issuer, id: value.trim() };
  }
  return null;
}

function patientOf(
  named: Reference | undefined,
  { contained = [] }: Entry,
  patients: Patients,
): Patient | undefined {
  const target = named?.reference;
  if (!target?.startsWith('#')) return patients.get(target ?? '');
  return contained
    .flatMap((one) => PATIENT.safeParse(one).data ?? [])
    .find(({ id }) => id === target.slice(1));
}
