import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOdsShaped, nhsNumberFault } from './nhs-number.js';

/** The check digit of nine digits as the NHS Data Dictionary describes it; null when no digit serves. */
function checkDigit(nine: string): string | null {
  const sum = [...nine].reduce((total, digit, i) => total + Number(digit) * (10 - i), 0);
  const check = 11 - (sum % 11);
  return check === 10 ? null : String(check % 11);
}

describe('an NHS number', () => {
  const nine = fc
    .stringMatching(/^9[0-9]{8}$/)
    .filter((text) => checkDigit(text) !== null && !/^(.)\1*$/.test(text));

  it('passes with its check digit, and with no other', () => {
    fc.assert(
      fc.property(nine, fc.integer({ min: 1, max: 9 }), (text, by) => {
        const digit = Number(checkDigit(text));
        expect(nhsNumberFault(`${text}${digit}`)).toBeNull();
        expect(nhsNumberFault(`${text}${(digit + by) % 10}`)).toBe('check-digit');
      }),
    );
  });

  it('fails when two neighbouring digits are swapped', () => {
    fc.assert(
      fc.property(nine, fc.integer({ min: 0, max: 7 }), (text, at) => {
        fc.pre(text[at] !== text[at + 1]);
        const swapped = text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2);
        expect(nhsNumberFault(swapped + checkDigit(text))).toBe('check-digit');
      }),
    );
  });

  it.each([
    '',
    '943476591',
    '94347659190',
    '943 476 59',
    '943476591x',
    '9999999999',
    '３434765919',
  ])('is not %j', (text) => {
    expect(nhsNumberFault(text)).toBe('shape');
  });
});

describe('an ODS code', () => {
  it.each(['RR8', 'A81001', '503', 'RR801', 'X26'])('may be %s', (code) => {
    expect(isOdsShaped(code)).toBe(true);
  });
  it.each(['', 'RR', 'rr8', 'A 81001', 'A8100123456', 'RR8\n', '2.16.840'])('is not %j', (code) => {
    expect(isOdsShaped(code)).toBe(false);
  });
});
