import { fault, postcodeIn } from '@caremesh/product';
import type { Message, Segment, Value } from '../../sources/hl7/message.js';
import type { InpatientSpell } from './record.gen.js';
import type { Stated } from './stated.js';

/**
 * HL7 table 0001 of the ITK profile, and the letters other systems send, as PERSON STATED GENDER CODE. N is "not applicable",
 * which the profile has as not known.
 */
const GENDERS: Record<string, string> = {
  '0': 'X',
  U: 'X',
  N: 'X',
  M: '1',
  F: '2',
  O: '9',
  A: '9',
};
/** The one letter of HL7 table 0189 that is not a national code: unknown, which the ITK profile has as not stated. */
const ETHNIC_UNKNOWN = 'U';

/** What `stateDemographics` states, of a person who is not described. */
export const UNDESCRIBED = {
  birthDate: null,
  personStatedGender: null,
  ethnicCategory: null,
  postcode: null,
  gpPracticeOds: null,
} satisfies Partial<InpatientSpell>;

/** What PID and PD1 state of the person beside identifiers: birth date, postcode, gender, ethnicity, practice. */
export function stateDemographics(stated: Stated, message: Message, pid: Segment): void {
  const birth = pid.value(7);
  // A year or a month alone is an estimate; the product gives days or nothing.
  if (birth === null || (birth && !/^\d{4}(?:\d{2})?$/.test(birth)))
    stated.date('birthDate', birth, 'PID-7');
  const gender = pid.value(8);
  stated.text('personStatedGender', gender ? (GENDERS[gender.toUpperCase()] ?? gender) : gender);
  stated.text('ethnicCategory', ethnicCategoryOf(pid.part(22)));
  statePostcode(stated, pid);
  const practice = message.first('PD1')?.part(3, 3);
  // Another practice whose code cannot be read is not the one that was held.
  stated.text('gpPracticeOds', practice && !/^[A-Z]\d{5}$/.test(practice) ? null : practice);
}

/** National code A to Z or 99; a second character, letter or digit, is a local refinement of a letter. */
function ethnicCategoryOf(code: Value): Value {
  if (code === ETHNIC_UNKNOWN) return 'Z';
  return /^[A-Z][A-Z0-9]$/.test(code ?? '') ? code![0] : code;
}

/** The postcode of the usual address: the repetition of type H (HOME of some systems), else the first. Only UK ones are kept. */
function statePostcode(stated: Stated, pid: Segment): void {
  const count = pid.repetitions(11);
  let home = 0;
  for (let at = 0; at < count; at++)
    if (/^H(?:OME)?$/i.test(pid.value(11, 7, 1, at) ?? '')) home = at;
  const postcode = pid.part(11, 5, 1, home);
  if (typeof postcode !== 'string') return stated.text('postcode', postcode);
  const country = pid.value(11, 6, 1, home);
  const read = postcodeIn(postcode);
  stated.text('postcode', read);
  if (read === null && (!country || country === 'GBR'))
    stated.fault(fault('postcodeMalformed', 'PID-11.5'));
}
