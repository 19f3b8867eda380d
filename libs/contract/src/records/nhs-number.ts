/** Why a text cannot be an NHS number, or null. No allocation: this runs for every record published. */
export function nhsNumberFault(value: string): 'shape' | 'check-digit' | null {
  if (value.length !== 10) return 'shape';
  const first = value.charCodeAt(0);
  let sum = 0;
  let same = true;
  for (let i = 0; i < 10; i++) {
    const code = value.charCodeAt(i);
    if (code < 48 || code > 57) return 'shape';
    if (code !== first) same = false;
    // Weights 10 to 2 for the first nine digits, 1 for the check digit: a valid number's sum is a multiple of 11.
    sum += (code - 48) * (10 - i);
  }
  // Every repeated digit passes modulus 11, and none is ever issued.
  if (same) return 'shape';
  return sum % 11 === 0 ? null : 'check-digit';
}

// Written as one, or three, three and four with whatever people put between; a longer number holds none.
const BETWEEN = String.raw`[\s._/\\\p{Pd}\p{Cf}]{0,3}`;
const WRITTEN = new RegExp(String.raw`(?<!\d)\d{3}${BETWEEN}\d{3}${BETWEEN}\d{4}(?!\d)`, 'gu');
// A hash is no person, though ten digits of it may stand together.
const HASH = /\b[0-9a-f]{32,}\b/g;

/** Whether somebody wrote an NHS number into a text, in one piece or spaced; one of the test range is one too. */
export function holdsNhsNumber(text: string): boolean {
  return nhsNumbersIn(text).length > 0;
}

/** The NHS numbers that somebody wrote into a text, in whatever script and however spaced, as ten digits each. */
export function nhsNumbersIn(text: string): string[] {
  const plain = text
    .normalize('NFKC')
    .replace(/\p{Nd}/gu, westernDigit)
    .replace(HASH, ' # ');
  return (plain.match(WRITTEN) ?? [])
    .map((found) => found.replace(/\D/g, ''))
    .filter((digits) => nhsNumberFault(digits) === null);
}

/** Those of them that could be somebody's: numbers beginning with 9 are set aside for tests. */
export function realNumbersIn(text: string): string[] {
  return nhsNumbersIn(text).filter((number) => !number.startsWith('9'));
}

const DIGIT = /\p{Nd}/u;

/** 4 for the four of any script: Unicode gives each script its ten digits in a row, from nought to nine. */
function westernDigit(digit: string): string {
  const code = digit.codePointAt(0)!;
  if (code < 128) return digit;
  let before = 0;
  while (DIGIT.test(String.fromCodePoint(code - before - 1))) before++;
  return String(before % 10);
}

/**
 * Words that programs and people write where they have no value. They are shaped like codes, and two people whose
 * identifiers they "issued" would be one. None of three letters: those are codes of trusts and independent providers.
 */
const NO_CODES = new Set([
  ...['NULL', 'NONE', 'BLANK', 'EMPTY', 'MISSING', 'UNDEFINED'],
  ...['UNKNOWN', 'NOTKNOWN', 'NOTSTATED'],
]);

/** 3 to 10 capital letters and digits, as the Organisation Data Service gives them, and no word for their absence. */
export function isOdsShaped(value: string): boolean {
  if (value.length < 3 || value.length > 10) return false;
  let hasDigit = false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    const digit = code >= 48 && code <= 57;
    if (!digit && (code < 65 || code > 90)) return false;
    hasDigit ||= digit;
  }
  return hasDigit || !NO_CODES.has(value);
}
