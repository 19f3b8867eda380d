import { fault } from '../errors.js';
import type { Fault } from '../errors.js';

/** In every mode but production only numbers of the 9xx test range are taken. */
export type Mode = 'development' | 'test' | 'production';
export type ParsedNhsNumber =
  { value: string; fault?: undefined } | { value?: undefined; fault: Fault };

/** NHS NUMBER STATUS INDICATOR CODE, NHS Data Dictionary. */
export const NHS_NUMBER_STATUSES = ['01', '02', '03', '04', '05', '06', '07', '08'] as const;

/** What FHIR calls the number's system: by its address now or before, with either protocol, or by its object identifier. */
const SYSTEM =
  /^(?:https?:\/\/fhir\.(?:nhs\.uk|nhs\.net|hl7\.org\.uk)\/Id\/nhs-number\/?|(?:urn:oid:)?2\.16\.840\.1\.113883\.2\.1\.4\.1)$/i;

/** True for the system of an identifier (FHIR) that is an NHS number. */
export const isNhsNumberSystem = (system: string | undefined): boolean => SYSTEM.test(system ?? '');

const SEPARATORS = /[\s\u00a0-]/g;
const TEN_DIGITS = /^\d{10}$/;
const REPEATED = /^(\d)\1{9}$/;

/**
 * The ten digits of an NHS number, or the fault that says why it is none.
 * Rules: modulus 11 (NHS Data Dictionary, NHS NUMBER); 400 000 000 to 499 999 999 and 600 000 000 to
 * 799 999 999 are England, Wales and the Isle of Man, 9xx is reserved for tests; 010 101 to 311 299 is a
 * Scottish CHI number (it begins with a date of birth); 320 000 001 to 399 999 999 is Northern Ireland.
 */
export function parseNhsNumber(text: string, mode: Mode, path = '/nhsNumber'): ParsedNhsNumber {
  const digits = text.replace(SEPARATORS, '');
  if (!TEN_DIGITS.test(digits)) return { fault: fault('nhsNumberMalformed', path) };
  if (REPEATED.test(digits)) return { fault: fault('nhsNumberRepeatedDigit', path) };
  if (!hasValidCheckDigit(digits)) return { fault: fault('nhsNumberCheckDigit', path) };
  if (isChiNumber(digits)) return { fault: fault('nhsNumberIsChi', path) };
  if (isHealthAndCareNumber(digits)) return { fault: fault('nhsNumberIsHealthAndCare', path) };
  if (mode !== 'production' && digits[0] !== '9')
    return { fault: fault('nhsNumberOutsideTestRange', path) };
  return { value: digits };
}

/** Modulus 11: weights 10 to 2 over the first nine digits; 11 counts as 0, and 10 is never issued. */
export function hasValidCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < 9; i++) sum += (digits.charCodeAt(i) - 48) * (10 - i);
  const check = (11 - (sum % 11)) % 11;
  return check !== 10 && check === digits.charCodeAt(9) - 48;
}

function isChiNumber(digits: string): boolean {
  const day = Number(digits.slice(0, 2));
  const month = Number(digits.slice(2, 4));
  return day >= 1 && day <= 31 && month >= 1 && month <= 12;
}

function isHealthAndCareNumber(digits: string): boolean {
  const body = Number(digits.slice(0, 9));
  return body >= 320_000_001 && body <= 399_999_999;
}

/** True for 01 to 08 of the NHS NUMBER STATUS INDICATOR CODE. */
export const isNhsNumberStatus = (text: string): boolean =>
  (NHS_NUMBER_STATUSES as readonly string[]).includes(text);

/** "Present and verified", "present but not traced"; and "not present and trace not required". */
const PRESENT = new Set(['01', '02']);
const NOT_PRESENT = '07';

/**
 * True if a status says the opposite of what is there. The others tell of a trace that is wanted, tried or put off, with
 * a number or without one, and contradict nothing.
 */
export const contradictsNumber = (status: string, number: string | null): boolean =>
  number === null ? PRESENT.has(status) : status === NOT_PRESENT;
