import { clock, isoDay } from '../life/day.js';
import type { Life } from '../life/life.js';
import type { Person } from '../life/person.js';
import type { Activity, Contact, Referral } from '../life/visits.js';
import { table } from './csv.js';

const PROVIDER = 'ORGANISATION IDENTIFIER (CODE OF PROVIDER)';
const PERIOD = ['REPORTING PERIOD START DATE', 'REPORTING PERIOD END DATE'] as const;

/** The CSDS v1.6 tables by their NHS Data Dictionary names, as far as a care contact needs them. */
export const CSDS = {
  CYP001: table([
    'LOCAL PATIENT IDENTIFIER (EXTENDED)',
    'ORGANISATION IDENTIFIER (LOCAL PATIENT IDENTIFIER)',
    'NHS NUMBER',
    'NHS NUMBER STATUS INDICATOR CODE',
    'PERSON BIRTH DATE',
    'POSTCODE OF USUAL ADDRESS',
    'PERSON STATED GENDER CODE',
    'ETHNIC CATEGORY',
    PROVIDER,
    ...PERIOD,
  ]),
  CYP101: table([
    'SERVICE REQUEST IDENTIFIER',
    'LOCAL PATIENT IDENTIFIER (EXTENDED)',
    'ORGANISATION IDENTIFIER (CODE OF COMMISSIONER)',
    'REFERRAL REQUEST RECEIVED DATE',
    'SOURCE OF REFERRAL FOR COMMUNITY',
    'ORGANISATION IDENTIFIER (REFERRING)',
    'PRIORITY TYPE CODE',
    'SERVICE DISCHARGE DATE',
    PROVIDER,
    ...PERIOD,
  ]),
  CYP201: table([
    'CARE CONTACT IDENTIFIER',
    'SERVICE REQUEST IDENTIFIER',
    'CARE PROFESSIONAL TEAM LOCAL IDENTIFIER',
    'CARE CONTACT DATE',
    'CARE CONTACT TIME',
    'ADMINISTRATIVE CATEGORY CODE',
    'CLINICAL CONTACT DURATION OF CARE CONTACT',
    'CONSULTATION TYPE',
    'CARE CONTACT SUBJECT',
    'CONSULTATION MECHANISM (COMMUNITY CARE)',
    'ACTIVITY LOCATION TYPE CODE',
    'ORGANISATION SITE IDENTIFIER (OF TREATMENT)',
    'GROUP THERAPY INDICATOR',
    'ATTENDANCE STATUS',
    PROVIDER,
    ...PERIOD,
  ]),
  CYP202: table([
    'CARE ACTIVITY IDENTIFIER',
    'CARE CONTACT IDENTIFIER',
    'COMMUNITY CARE ACTIVITY TYPE',
    'CARE PROFESSIONAL LOCAL IDENTIFIER',
    'CLINICAL CONTACT DURATION OF CARE ACTIVITY',
    'CODED PROCEDURE (CLINICAL TERMINOLOGY)',
    'OBSERVATION SCHEME IN USE (COMMUNITY CARE)',
    'CODED OBSERVATION (CLINICAL TERMINOLOGY)',
    'OBSERVATION VALUE',
    'UCUM UNIT OF MEASUREMENT',
    PROVIDER,
    ...PERIOD,
  ]),
};
export type CsdsPart = keyof typeof CSDS;
export const CSDS_PARTS = Object.keys(CSDS) as CsdsPart[];
export type CsdsRow<P extends CsdsPart = CsdsPart> = Parameters<(typeof CSDS)[P]['line']>[0];

/** The reporting year that the sample is one return of. */
const RETURN = {
  'REPORTING PERIOD START DATE': '2025-11-01',
  'REPORTING PERIOD END DATE': '2026-10-31',
};

/** A person as a row of CYP001. */
export const patientRow = (person: Person): CsdsRow<'CYP001'> => ({
  'LOCAL PATIENT IDENTIFIER (EXTENDED)': person.communityNumber,
  'ORGANISATION IDENTIFIER (LOCAL PATIENT IDENTIFIER)': person.place.community.ods,
  // One in fifty was not traced: their contacts are under the local identifier alone.
  'NHS NUMBER': person.index % 50 === 49 ? '' : person.nhsNumber,
  'NHS NUMBER STATUS INDICATOR CODE': person.index % 50 === 49 ? '04' : '01',
  'PERSON BIRTH DATE': isoDay(person.born),
  'POSTCODE OF USUAL ADDRESS': person.address.postcode,
  'PERSON STATED GENDER CODE': person.gender === 'male' ? '1' : '2',
  'ETHNIC CATEGORY': person.ethnicCategory,
  [PROVIDER]: person.place.community.ods,
  ...RETURN,
});

const referralRow = (person: Person, referral: Referral): CsdsRow<'CYP101'> => ({
  'SERVICE REQUEST IDENTIFIER': referral.id,
  'LOCAL PATIENT IDENTIFIER (EXTENDED)': person.communityNumber,
  'ORGANISATION IDENTIFIER (CODE OF COMMISSIONER)': person.place.board.ods,
  'REFERRAL REQUEST RECEIVED DATE': isoDay(referral.received),
  'SOURCE OF REFERRAL FOR COMMUNITY': referral.source,
  'ORGANISATION IDENTIFIER (REFERRING)':
    referral.source === '05' ? person.place.acute.ods : person.practice,
  'PRIORITY TYPE CODE': '1',
  'SERVICE DISCHARGE DATE': referral.discharged === null ? '' : isoDay(referral.discharged),
  [PROVIDER]: person.place.community.ods,
  ...RETURN,
});

/** A contact as a row of CYP201. */
export const contactRow = (
  person: Person,
  referral: Referral,
  contact: Contact,
): CsdsRow<'CYP201'> => ({
  'CARE CONTACT IDENTIFIER': contact.id,
  'SERVICE REQUEST IDENTIFIER': referral.id,
  'CARE PROFESSIONAL TEAM LOCAL IDENTIFIER': `TEAM${person.index % 12}`,
  'CARE CONTACT DATE': isoDay(contact.at.day),
  'CARE CONTACT TIME': `${clock(contact.at)}:00`,
  'ADMINISTRATIVE CATEGORY CODE': '01',
  'CLINICAL CONTACT DURATION OF CARE CONTACT': contact.minutes,
  'CONSULTATION TYPE': contact.first ? '01' : '02',
  'CARE CONTACT SUBJECT': '01',
  'CONSULTATION MECHANISM (COMMUNITY CARE)': contact.mechanism,
  'ACTIVITY LOCATION TYPE CODE': 'A01',
  'GROUP THERAPY INDICATOR': 'N',
  'ATTENDANCE STATUS': contact.attendance,
  [PROVIDER]: person.place.community.ods,
  ...RETURN,
});

const activityRow = (
  person: Person,
  contact: Contact,
  { id, type, procedure, observation }: Activity,
): CsdsRow<'CYP202'> => ({
  'CARE ACTIVITY IDENTIFIER': id,
  'CARE CONTACT IDENTIFIER': contact.id,
  'COMMUNITY CARE ACTIVITY TYPE': type,
  'CARE PROFESSIONAL LOCAL IDENTIFIER': `CP${person.index % 40}`,
  'CLINICAL CONTACT DURATION OF CARE ACTIVITY': Math.min(contact.minutes, 20),
  'CODED PROCEDURE (CLINICAL TERMINOLOGY)': procedure,
  'OBSERVATION SCHEME IN USE (COMMUNITY CARE)': observation ? '03' : '',
  'CODED OBSERVATION (CLINICAL TERMINOLOGY)': observation?.code ?? '',
  'OBSERVATION VALUE': observation?.value ?? '',
  'UCUM UNIT OF MEASUREMENT': observation?.unit ?? '',
  [PROVIDER]: person.place.community.ods,
  ...RETURN,
});

/** The lines of a life in each table; a person without contacts is in none. */
export function csdsLines({ person, referrals }: Life): Record<CsdsPart, string[]> {
  const lines: Record<CsdsPart, string[]> = { CYP001: [], CYP101: [], CYP201: [], CYP202: [] };
  if (referrals.length) lines.CYP001.push(CSDS.CYP001.line(patientRow(person)));
  for (const referral of referrals) {
    lines.CYP101.push(CSDS.CYP101.line(referralRow(person, referral)));
    for (const contact of referral.contacts) {
      lines.CYP201.push(CSDS.CYP201.line(contactRow(person, referral, contact)));
      for (const activity of contact.activities)
        lines.CYP202.push(CSDS.CYP202.line(activityRow(person, contact, activity)));
    }
  }
  return lines;
}
