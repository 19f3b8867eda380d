import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsNhsNumber, isOdsShaped, nhsNumberFault, nhsNumbersIn } from './nhs-number.js';

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

describe('a text', () => {
  it.each([
    'patient 943 476 5919 collapsed',
    'patient 9434765919 collapsed',
    'NHS943-476-5919.',
    '(943 - 476 - 5919)',
    '943.476.5919',
    '943\u2011476\u20115919',
    '943\u00a0476\u202f5919',
    '943\u200b476\u200b5919',
    '９４３ ４７６ ５９１９',
    'not 123 456 7890, but 401 023 2137',
    '12345 943 476 5919',
    '943/476/5919',
    '943_476_5919',
    '943\\476\\5919',
    'Patient_9434765919_note',
    '٩٤٣ ٤٧٦ ٥٩١٩',
    '۹۴۳۴۷۶۵۹۱۹',
    '९४३ ४७६ ५९१९',
    '𝟗𝟒𝟑 𝟜𝟟𝟞 𝟻𝟿𝟷𝟿',
    '٩٤٣ 476 ５９１９',
  ])('holds one: %j', (text) => {
    expect(holdsNhsNumber(text)).toBe(true);
  });

  it.each([
    'Polypharmacy in care homes',
    'patient 943 476 5918 collapsed',
    '94347659190',
    'ring 0121 496 0000 or 07700 900123',
    'until 2026-12-15 09:30',
    '0000000000',
    'as of sha256:9434765919a3f8b7c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9',
  ])('holds none: %j', (text) => {
    expect(holdsNhsNumber(text)).toBe(false);
  });

  /** Noughts of scripts, and what people put between the three parts. */
  const scripts = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xe50, 0xff10, 0x1d7ce, 0x1d7f6, 0x1e950,
  ];
  const between = fc.constantFrom(
    '',
    ' ',
    '-',
    '.',
    '/',
    '_',
    '\\',
    ' - ',
    '\u2013',
    '\u00a0',
    '\u200b',
    '\n',
  );
  const digitsOf = fc
    .stringMatching(/^[0-9]{9}$/)
    .filter((text) => checkDigit(text) !== null && !/^(.)\1*$/.test(text))
    .map((text) => `${text}${checkDigit(text)}`);
  const inScript = (digits: string, nought: number) =>
    [...digits].map((digit) => String.fromCodePoint(nought + Number(digit))).join('');
  const around = fc.constantFrom('', ' ', 'patient ', 'NHS', '(', '_', ': ');

  it('holds the number that was written into it, whatever the script and what stands between', () => {
    fc.assert(
      fc.property(
        digitsOf,
        ...[fc.constantFrom(...scripts), between, between, around, around],
        (digits, nought, one, two, left, right) => {
          const written = inScript(digits, nought as number);
          const [a, b, c] = [/^.{3}/u, /^.{3}(.{3})/u, /(.{4})$/u].map((part) => {
            const found = part.exec(written)!;
            return found[1] ?? found[0];
          });
          const text = `${left as string}${a}${one as string}${b}${two as string}${c}${right as string}`;
          expect(nhsNumbersIn(text)).toEqual([digits]);
        },
      ),
    );
  });

  it('holds none where the digits are part of a longer number, or the check digit is another', () => {
    fc.assert(
      fc.property(
        digitsOf,
        fc.constantFrom(...scripts),
        fc.integer({ min: 1, max: 9 }),
        (digits, nought, by) => {
          const wrong = digits.slice(0, 9) + String((Number(digits[9]) + by) % 10);
          expect(holdsNhsNumber(inScript(wrong, nought))).toBe(false);
          expect(holdsNhsNumber(inScript(`${by}${digits}`, nought))).toBe(false);
          expect(holdsNhsNumber(inScript(`${digits}${by}`, nought))).toBe(false);
        },
      ),
    );
  });
});

describe('an ODS code', () => {
  it.each(['RR8', 'A81001', '503', 'RR801', 'X26', 'QHG'])('may be %s', (code) => {
    expect(isOdsShaped(code)).toBe(true);
  });
  it.each(['', 'RR', 'rr8', 'A 81001', 'A8100123456', 'RR8\n', '2.16.840'])('is not %j', (code) => {
    expect(isOdsShaped(code)).toBe(false);
  });
  it.each(['NULL', 'NONE', 'UNKNOWN', 'MISSING'])(
    'is not %s, which says that there is none',
    (word) => {
      expect(isOdsShaped(word)).toBe(false);
    },
  );
});
