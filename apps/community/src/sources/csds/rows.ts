import { isOdsShaped, nhsNumber, postcodeIn, RowReader } from '@caremesh/product';
import type { CsvTable, Fault, Mode, PersonRef } from '@caremesh/product';
import {
  ALLOWED,
  checked,
  coded,
  dayAllowed,
  ethnicCategoryOf,
  holdsNumber,
  OPEN,
  refuseNumbers,
} from './codes.js';
import { CYP001, CYP101, CYP201, CYP202 } from './tables.js';

/** What a row of each table says, in plain typed values: days since 1970, milliseconds, codes as they came. */
type Joinable = {
  /** Who the provider is, and the row's own identifier there: local identifiers are unique within a provider. */
  key: string;
  /** The key of the row it belongs to. */
  parentKey: string | null;
  providerOds: string;
  /** RFC 3339 end of the reporting period the row is of: a later return is newer. */
  at: string | null;
};
export type Patient = Joinable & {
  table: 'CYP001';
  person: PersonRef;
  birthDate: number | null;
  postcode: string | null;
  gender: string | null;
  ethnicCategory: string | null;
};
export type Referral = Joinable & {
  table: 'CYP101';
  serviceRequestId: string;
  commissionerOds: string | null;
  receivedDate: number | null;
  source: string | null;
  referringOds: string | null;
  priority: string | null;
  reason: string | null;
  dischargeDate: number | null;
};
export type Contact = ReturnType<typeof contactOf>;
export type Activity = ReturnType<typeof activityOf>;
export type CsdsRow = Patient | Referral | Contact | Activity;

/** Where rows are read: which NHS numbers are taken, and who provides where a file has no provider column. */
export type Reading = { mode: Mode; defaultProvider: string };
/**
 * Of a row that is wrong its key and period, where at least they are right: it is known again when it comes corrected; and the provider,
 * where that is right.
 */
export type Parsed<R> =
  | { row: R; faults?: undefined }
  | {
      row?: undefined;
      faults: Fault[];
      known: Pick<Joinable, 'key' | 'at'> | null;
      providerOds: string | null;
    };
type ValuesOf<T> = T extends CsvTable<infer K> ? Record<K, string> : never;
type JoinColumn = 'provider' | 'periodEnd';

/** A row of CYP001, by the provider and its own patient number; or every fault of it. */
export function readPatient(values: ValuesOf<typeof CYP001>, reading: Reading): Parsed<Patient> {
  const row = new RowReader(CYP001, values);
  const localId = row.mandatoryIdentifier('localPatientId', 'recordIdMissing');
  const providerOds = providerOf(row, reading);
  return parsed(row, 'localPatientId', {
    table: 'CYP001',
    key: keyIn(providerOds, localId),
    parentKey: null,
    providerOds,
    at: periodOf(row),
    person: personOf(row, values, localId, reading.mode),
    birthDate: dayAllowed(row, 'birthDate'),
    postcode: postcodeOf(row),
    gender: coded(row, 'gender', ALLOWED.CYP001.gender),
    ethnicCategory: ethnicCategoryOf(row),
  });
}

/** A row of CYP101, which belongs to a patient; or every fault of it. */
export function readReferral(values: ValuesOf<typeof CYP101>, reading: Reading): Parsed<Referral> {
  const row = new RowReader(CYP101, values);
  const serviceRequestId = row.mandatoryIdentifier('serviceRequestId', 'recordIdMissing');
  const providerOds = providerOf(row, reading);
  return parsed(row, 'serviceRequestId', {
    table: 'CYP101',
    key: keyIn(providerOds, serviceRequestId),
    parentKey: keyIn(providerOds, row.mandatoryIdentifier('localPatientId')),
    providerOds,
    at: periodOf(row),
    serviceRequestId: checked(
      row,
      'serviceRequestId',
      serviceRequestId,
      ALLOWED.CYP101.serviceRequestId,
    ),
    commissionerOds: odsOf(row, 'commissioner'),
    receivedDate: dayAllowed(row, 'receivedDate'),
    source: coded(row, 'source', ALLOWED.CYP101.source),
    referringOds: odsOf(row, 'referring'),
    priority: coded(row, 'priority', ALLOWED.CYP101.priority),
    reason: coded(row, 'reason', ALLOWED.CYP101.reason),
    dischargeDate: dayAllowed(row, 'dischargeDate'),
  });
}

/** A row of CYP201, which belongs to a referral; or every fault of it. */
export function readContact(values: ValuesOf<typeof CYP201>, reading: Reading): Parsed<Contact> {
  const row = new RowReader(CYP201, values);
  return parsed(row, 'careContactId', contactOf(row, reading));
}

/** A row of CYP202, which belongs to a contact; or every fault of it. */
export function readActivity(values: ValuesOf<typeof CYP202>, reading: Reading): Parsed<Activity> {
  const row = new RowReader(CYP202, values);
  refuseNumbers(row, values, OPEN.CYP202);
  return parsed(row, 'careActivityId', activityOf(row, reading));
}

function contactOf(row: RowReader<keyof typeof CYP201.columns>, reading: Reading) {
  const careContactId = row.mandatoryIdentifier('careContactId', 'recordIdMissing');
  const providerOds = providerOf(row, reading);
  return {
    table: 'CYP201' as const,
    key: keyIn(providerOds, careContactId),
    parentKey: keyIn(providerOds, row.mandatoryIdentifier('serviceRequestId')),
    providerOds,
    at: periodOf(row),
    careContactId,
    team: row.identifier('team'),
    date: row.mandatory('date') === '' ? null : row.day('date'),
    moment: row.moment('date', 'time'),
    commissionerOds: odsOf(row, 'commissioner'),
    administrativeCategory: row.text('administrativeCategory'),
    duration: row.integer('duration', { min: 0, max: 9999 }),
    consultationType: row.text('consultationType'),
    subject: row.text('subject'),
    mechanism: row.text('mechanism'),
    locationType: row.text('locationType'),
    siteOds: odsOf(row, 'site'),
    groupTherapy: row.text('groupTherapy'),
    attendance: row.text('attendance'),
    earliestReasonableOffer: row.day('earliestReasonableOffer'),
    earliestAppropriate: row.day('earliestAppropriate'),
    cancelledOn: row.day('cancelledOn'),
    cancellationReason: row.text('cancellationReason'),
    replacementOffered: row.day('replacementOffered'),
    replacementBooked: row.day('replacementBooked'),
  };
}

function activityOf(row: RowReader<keyof typeof CYP202.columns>, reading: Reading) {
  const careActivityId = row.mandatoryIdentifier('careActivityId', 'recordIdMissing');
  const providerOds = providerOf(row, reading);
  return {
    table: 'CYP202' as const,
    key: keyIn(providerOds, careActivityId),
    parentKey: keyIn(providerOds, row.mandatoryIdentifier('careContactId')),
    providerOds,
    at: periodOf(row),
    careActivityId: checked(row, 'careActivityId', careActivityId, ALLOWED.CYP202.careActivityId),
    type: coded(row, 'type', ALLOWED.CYP202.type),
    professional: checked(
      row,
      'professional',
      row.identifier('professional'),
      ALLOWED.CYP202.professional,
    ),
    duration: row.integer('duration', { min: 0, max: 9999 }),
    procedure: coded(row, 'procedure', ALLOWED.CYP202.procedure),
    findingScheme: coded(row, 'findingScheme', ALLOWED.CYP202.findingScheme),
    finding: coded(row, 'finding', ALLOWED.CYP202.finding),
    observationScheme: coded(row, 'observationScheme', ALLOWED.CYP202.observationScheme),
    observation: coded(row, 'observation', ALLOWED.CYP202.observation),
    value: coded(row, 'value', ALLOWED.CYP202.value),
    unit: coded(row, 'unit', ALLOWED.CYP202.unit),
  };
}

const providerOf = <K extends string>(
  row: RowReader<K | JoinColumn>,
  { defaultProvider }: Reading,
): string => odsOf(row, 'provider') ?? defaultProvider;

const keyIn = (providerOds: string, id: string): string => `${providerOds}|${id}`;

function periodOf<K extends string>(row: RowReader<K | JoinColumn>): string | null {
  const day = dayAllowed(row, 'periodEnd');
  return day === null ? null : midnight(day);
}

function personOf(
  row: RowReader<keyof typeof CYP001.columns>,
  values: ValuesOf<typeof CYP001>,
  localId: string,
  mode: Mode,
): PersonRef {
  const issuer = odsOf(row, 'localPatientIdIssuer');
  const number = values.nhsNumber
    ? nhsNumber.parseNhsNumber(values.nhsNumber, mode, row.path('nhsNumber'))
    : null;
  if (number?.fault) row.add(number.fault);
  // An issuer that is stated, and wrongly, has its own fault: that nobody is stated would be untrue.
  if (!number && values.localPatientIdIssuer === '')
    row.wrong('localPatientIdIssuer', 'personMissing');
  // Not stated: present but not traced, or trace required.
  const status = row.text('nhsNumberStatus') ?? (number ? '02' : '03');
  if (!nhsNumber.isNhsNumberStatus(status)) row.wrong('nhsNumberStatus', 'nhsNumberStatusUnknown');
  if (nhsNumber.contradictsNumber(status, values.nhsNumber || null))
    row.wrong('nhsNumberStatus', 'nhsNumberStatusConflict');
  const local = issuer && localId ? { issuer, id: localId } : null;
  // Without its issuer it stands in no record, so that its length does no harm.
  if (local) checked(row, 'localPatientId', localId, ALLOWED.CYP001.localPatientId);
  return { nhsNumber: number?.value ?? null, nhsNumberStatus: status, local };
}

function odsOf<K extends string>(row: RowReader<K>, key: K): string | null {
  const code = row.text(key);
  if (code === null) return null;
  if (!isOdsShaped(code)) return row.wrong(key, 'odsMalformed');
  // Ten digits have the shape of a code, and what is read here is shown in views and listings.
  return holdsNumber(code) ? row.wrong(key, 'classificationBroken') : code;
}

function postcodeOf(row: RowReader<keyof typeof CYP001.columns>): string | null {
  const postcode = row.text('postcode');
  return postcode && (postcodeIn(postcode) ?? row.wrong('postcode', 'postcodeMalformed'));
}

function parsed<K extends string, R extends Pick<Joinable, 'key' | 'at' | 'providerOds'>>(
  row: RowReader<K | JoinColumn>,
  id: K,
  value: R,
): Parsed<R> {
  if (row.faults.length === 0) return { row: value };
  const { key, at, providerOds } = value;
  const isOurs = row.isRight('provider');
  const isKnown = row.isRight(id) && isOurs && row.isRight('periodEnd');
  return {
    faults: row.faults,
    known: isKnown ? { key, at } : null,
    providerOds: isOurs ? providerOds : null,
  };
}

/** A file is of one period, so that one text is made for all its rows. */
let lastDay = Number.NaN;
let lastMidnight = '';

function midnight(day: number): string {
  if (day !== lastDay) {
    lastMidnight = new Date(day * 86_400_000).toISOString();
    lastDay = day;
  }
  return lastMidnight;
}
