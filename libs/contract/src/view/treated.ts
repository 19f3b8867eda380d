import type { FieldPromise } from '../promise/data-contract.js';

/** How a field is made for a view: as it is, or generalised. */
export type ViewForm = 'as-is' | 'pseudonym' | 'age-band' | 'district' | 'month';

/** What a field becomes in a view. */
export type Treated = { name: string; form: ViewForm };

const AS_IS: Treated['form'] = 'as-is';

/**
 * What becomes of a field in a view for any purpose but individual care; null for one that never leaves. A field whose
 * meaning changes has another name there, so that nobody takes an age band for a date of birth, and so that a view
 * which gets it has one field more, and none of another type.
 *
 * - free text, `drop`, and a direct identifier that would be kept: null
 * - `pseudonymise`: under the recipient's key; the NHS number is there already, as `person`
 * - `age-band`: `birthDate` becomes `ageBand`
 * - `lsoa`, `district`: `postcode` becomes `postcodeDistrict`. There is no lookup of LSOAs here, and the outward code is
 *   the coarser of the two, so it gives nothing away that the contract does not allow
 * - `month`: `<name>Month`
 */
export function treatedAs(field: FieldPromise): Treated | null {
  const { name, treatment, classification, freeText, role, logicalType } = field;
  if (freeText) return null;
  const isText = logicalType === 'string';
  const isDay = logicalType === 'date' || logicalType === 'timestamp';
  switch (treatment) {
    case 'keep':
      return classification === 'direct-identifier' ? null : { name, form: AS_IS };
    case 'pseudonymise':
      return isText && role !== 'nhs-number' ? named(`${name}Pseudonym`, 'pseudonym') : null;
    case 'age-band':
      return isDay ? named(ageName(name), 'age-band') : null;
    case 'lsoa':
    case 'district':
      return isText ? named(`${name}District`, 'district') : null;
    case 'month':
      return isDay ? named(`${name}Month`, 'month') : null;
    case 'drop':
      break;
  }
  // Also what a contract of another time or hand may hold: a treatment nobody knows is one that shows nothing.
  return null;
}

const named = (name: string, form: ViewForm): Treated => ({ name, form });

/** `birthDate` → `ageBand`, `motherBirthDate` → `motherAgeBand`, `born` → `bornAgeBand`. */
function ageName(name: string): string {
  if (name === 'birthDate') return 'ageBand';
  return `${name.replace(/BirthDate$/, '')}AgeBand`;
}

/** What the recipient is told of a field that is not as the product has it. */
export const TOLD: Record<Exclude<ViewForm, 'as-is'>, string> = {
  pseudonym:
    'A pseudonym of this recipient and purpose, of this field alone: equal where the value is, and to be joined with nothing else. Null where there is no value.',
  'age-band':
    'Age in whole years when the record was disclosed, in bands of five years: 00-04 to 85-89, and 90+. Null where no date of birth is known.',
  district:
    'Postcode district: the outward part of the postcode, such as LS1. Null where no postcode of the United Kingdom is known.',
  month: 'The month, as YYYY-MM. Null where there is no date.',
};

/** Bands of five years, two digits each so that they sort as text; from 90 on, one. */
export function ageBand(born: Date, at: Date): string | null {
  const years = wholeYears(born, at);
  if (Number.isNaN(years) || years < 0) return null;
  if (years >= 90) return '90+';
  const from = years - (years % 5);
  return `${two(from)}-${two(from + 4)}`;
}

/** Whole years of age, by the calendar in UTC; who was born on 29 February is a year older on 1 March. */
function wholeYears(born: Date, at: Date): number {
  const years = at.getUTCFullYear() - born.getUTCFullYear();
  const months = at.getUTCMonth() - born.getUTCMonth();
  const hadBirthday = months > 0 || (months === 0 && at.getUTCDate() >= born.getUTCDate());
  return hadBirthday ? years : years - 1;
}

const two = (years: number): string => String(years).padStart(2, '0');

// Outward code, then the inward code that is cut off: one digit and two letters, always.
const POSTCODE = /^([A-Z]{1,2}[0-9][A-Z0-9]?|GIR)([0-9][A-Z]{2})$/;

/** The outward part of a postcode of the United Kingdom; null for anything else, which could be anything. */
export function districtOf(postcode: string): string | null {
  return POSTCODE.exec(postcode.toUpperCase().replaceAll(' ', ''))?.[1] ?? null;
}

/** `YYYY-MM` in UTC; null outside the years of four digits. */
export function monthOf(day: Date): string | null {
  if (Number.isNaN(day.getTime())) return null;
  const text = day.toISOString();
  return /^\d{4}-/.test(text) ? text.slice(0, 7) : null;
}
