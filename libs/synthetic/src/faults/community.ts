import { CSDS, contactRow, patientRow } from '../formats/csds.js';
import type { CsdsPart, CsdsRow } from '../formats/csds.js';
import type { Life } from '../life/life.js';
import { inWindows1252, WRONG_NUMBERS } from './kinds.js';
import type { RecordFault } from './kinds.js';

/** A faulty line of a table; `id` is new to it. A contact is one more of the life's own referral: without one it would only be waited for. */
type Line = (life: Life, id: string) => string | Buffer;
type CsdsFault = RecordFault<Line> & { part: CsdsPart };

const patient = (
  kind: string,
  code: string,
  change: (life: Life) => CsdsRow<'CYP001'>,
): CsdsFault => ({
  part: 'CYP001',
  kind,
  code,
  make: (life, id) =>
    CSDS.CYP001.line({
      ...patientRow(life.person),
      'LOCAL PATIENT IDENTIFIER (EXTENDED)': id,
      ...change(life),
    }),
});

function contactOf({ person, referrals }: Life, id: string): CsdsRow<'CYP201'> {
  const [referral] = referrals;
  if (!referral) throw new TypeError('A contact is made of a life with a referral');
  return contactRow(person, referral, {
    id,
    at: referral.contacts[0]!.at,
    attendance: '5',
    mechanism: '01',
    minutes: 30,
    first: false,
    activities: [],
  });
}

const contact = (kind: string, code: string, change: CsdsRow<'CYP201'>): CsdsFault => ({
  part: 'CYP201',
  kind,
  code,
  make: (life, id) => CSDS.CYP201.line({ ...contactOf(life, id), ...change }),
});

const line = (
  kind: string,
  code: string,
  change: (text: string) => string | Buffer,
): CsdsFault => ({
  part: 'CYP201',
  kind,
  code,
  make: (life, id) => change(CSDS.CYP201.line(contactOf(life, id))),
});

const NUMBER = 'NHS NUMBER';
const STATUS = 'NHS NUMBER STATUS INDICATOR CODE';
const ISSUER = 'ORGANISATION IDENTIFIER (LOCAL PATIENT IDENTIFIER)';

export const COMMUNITY_FAULTS: CsdsFault[] = [
  ...WRONG_NUMBERS.map(({ kind, code, number }) =>
    patient(kind, code, ({ person }) => ({ [NUMBER]: number(person.nhsNumber) })),
  ),
  // Verified, the number that is not there would be a second fault.
  patient('no-person', 'MESH-2211', () => ({ [NUMBER]: '', [STATUS]: '03', [ISSUER]: '' })),
  patient('number-status-unknown', 'MESH-2207', () => ({ [STATUS]: '42' })),
  patient('impossible-birth-date', 'MESH-2232', () => ({ 'PERSON BIRTH DATE': '30/02/1950' })),
  patient('postcode-malformed', 'MESH-2245', () => ({ 'POSTCODE OF USUAL ADDRESS': 'LN5' })),
  contact('impossible-date', 'MESH-2232', { 'CARE CONTACT DATE': '2026-02-30' }),
  contact('date-malformed', 'MESH-2231', { 'CARE CONTACT DATE': '3 September 2026' }),
  contact('mandatory-field-empty', 'MESH-2221', { 'CARE CONTACT DATE': '' }),
  contact('record-id-missing', 'MESH-2213', { 'CARE CONTACT IDENTIFIER': '' }),
  contact('number-malformed', 'MESH-2224', { 'CLINICAL CONTACT DURATION OF CARE CONTACT': 'long' }),
  contact('number-out-of-range', 'MESH-2225', {
    'CLINICAL CONTACT DURATION OF CARE CONTACT': '-5',
  }),
  contact('line-break-in-value', 'MESH-2128', {
    'CARE PROFESSIONAL TEAM LOCAL IDENTIFIER': 'TEAM\nEAST',
  }),
  line('row-too-short', 'MESH-2126', (text) => text.replace(/,[^,]*\r\n$/, '\r\n')),
  line('row-too-long', 'MESH-2126', (text) => text.replace('\r\n', ',extra\r\n')),
  line('quote-left-open', 'MESH-2125', (text) => text.replace(/TEAM\d+/, '"$&')),
  line('windows-1252', 'MESH-2103', (text) => inWindows1252(text.replace('TEAM', 'ÉQUIPE'))),
];

/** Refused when the row is joined and its record checked against the contract. */
export const COMMUNITY_JOINED_FAULTS: CsdsFault[] = [
  contact('unknown-code', 'MESH-2241', { 'ATTENDANCE STATUS': '9' }),
];
