const BLOCKS = 10_000_000;
/** No common factor with the number of blocks, so that every block comes up once in ten million. */
const STEP = 7_368_787;

/**
 * The NHS number of the n-th person of a seed: of the 9xx range, valid by modulus 11, not one digit repeated,
 * and no two alike among the first ten million people.
 */
export function nhsNumberOf(index: number, offset: number): string {
  const block = (offset + index * STEP) % BLOCKS;
  const prefix = `9${String(block).padStart(7, '0')}`;
  // Of two neighbours in the ninth place at most one has the check digit 10, which is never issued.
  for (let ninth = index % 9; ; ninth = (ninth + 1) % 10) {
    const digits = `${prefix}${ninth}`;
    const check = checkDigit(digits);
    if (check !== null && !/^9+$/.test(`${digits}${check}`)) return `${digits}${check}`;
  }
}

/** Modulus 11 over nine digits with weights 10 to 2; null where the result is 10. */
function checkDigit(digits: string): number | null {
  let sum = 0;
  for (let i = 0; i < 9; i++) sum += (digits.charCodeAt(i) - 48) * (10 - i);
  const check = (11 - (sum % 11)) % 11;
  return check === 10 ? null : check;
}

/** The same number with a check digit that does not agree. */
export const withWrongCheckDigit = (number: string): string =>
  `${number.slice(0, 9)}${(Number(number[9]) + 1) % 10}`;
