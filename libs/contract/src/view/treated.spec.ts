import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldPromise } from '../promise/data-contract.js';
import { ageBand, districtOf, monthOf, treatedAs } from './treated.js';

const promise = (over: Partial<FieldPromise>): FieldPromise => ({
  path: 'localId',
  name: 'localId',
  title: null,
  description: 'Of the spec.',
  logicalType: 'string',
  presence: 'optional',
  required: false,
  classification: 'direct-identifier',
  freeText: false,
  treatment: 'drop',
  ...over,
});
const [letters, digits] = ['ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789'];
const oneOf = (characters: string) => fc.constantFrom(...characters);
/** The two parts of a postcode: `A9`, `AA9`, `A99`, `A9A` and the like, and `9AA`. */
const outward = fc
  .tuple(oneOf(letters), fc.constantFrom('', ...letters), oneOf(digits))
  .chain((parts) => fc.constantFrom('', ...letters, ...digits).map((end) => parts.join('') + end));
const inward = fc
  .tuple(oneOf(digits), oneOf(letters), oneOf(letters))
  .map((parts) => parts.join(''));
const date = (text: string) => new Date(`${text}T00:00:00Z`);

describe('a field in a view', () => {
  it.each([
    ['kept', { classification: 'none', treatment: 'keep' }, { name: 'localId', form: 'as-is' }],
    ['a direct identifier that would be kept', { treatment: 'keep' }, null],
    ['dropped', { treatment: 'drop' }, null],
    ['free text, whatever its treatment', { treatment: 'pseudonymise', freeText: true }, null],
    ['the NHS number', { treatment: 'pseudonymise', role: 'nhs-number' }, null],
    [
      'a local identifier pseudonymised',
      { treatment: 'pseudonymise' },
      { name: 'localIdPseudonym', form: 'pseudonym' },
    ],
    [
      'a number to be pseudonymised, which nobody can',
      { treatment: 'pseudonymise', logicalType: 'integer' },
      null,
    ],
    [
      'a date of birth',
      { name: 'birthDate', treatment: 'age-band', logicalType: 'date' },
      { name: 'ageBand', form: 'age-band' },
    ],
    [
      "another's date of birth",
      { name: 'motherBirthDate', treatment: 'age-band', logicalType: 'date' },
      { name: 'motherAgeBand', form: 'age-band' },
    ],
    [
      'a postcode for its LSOA, which is not known here',
      { name: 'postcode', treatment: 'lsoa' },
      { name: 'postcodeDistrict', form: 'district' },
    ],
    [
      'a day for its month',
      { name: 'diedOn', treatment: 'month', logicalType: 'date' },
      { name: 'diedOnMonth', form: 'month' },
    ],
  ] as [string, Partial<FieldPromise>, unknown][])('%s', (_, over, expected) => {
    expect(treatedAs(promise(over))).toEqual(expected);
  });
});

describe('an age band', () => {
  it.each([
    ['2026-11-25', '2026-11-25', '00-04'],
    ['2021-11-26', '2026-11-25', '00-04'],
    ['2021-11-25', '2026-11-25', '05-09'],
    ['2004-02-29', '2009-02-28', '00-04'],
    ['2004-02-29', '2009-03-01', '05-09'],
    ['1936-11-26', '2026-11-25', '85-89'],
    ['1936-11-25', '2026-11-25', '90+'],
    ['1900-01-01', '2026-11-25', '90+'],
    ['2026-11-26', '2026-11-25', null],
  ])('of somebody born on %s is on %s %s', (born, at, band) => {
    expect(ageBand(date(born), date(at))).toBe(band);
  });

  it('of every day of a century and more is one of nineteen', () => {
    const at = date('2026-11-25');
    const bands = new Set<string | null>();
    for (let day = 0; day < 40_000; day++)
      bands.add(ageBand(new Date(at.getTime() - day * 86_400_000), at));
    expect(bands.size).toBe(19);
    expect(bands.has(null)).toBe(false);
  });
});

describe('a postcode district', () => {
  it.each([
    ['LS1 4AP', 'LS1'],
    ['ls14ap', 'LS1'],
    ['EC1A 1BB', 'EC1A'],
    ['W1A 0AX', 'W1A'],
    ['CR2 6XH', 'CR2'],
    ['DN55 1PT', 'DN55'],
    ['GIR 0AA', 'GIR'],
    ['ZZ99 3VZ', 'ZZ99'],
    ['LS1', null],
    ['75008', null],
    ['9434765919', null],
    ['Flat 2, LS1 4AP', null],
  ])('of %s is %s', (postcode, district) => {
    expect(districtOf(postcode)).toBe(district);
  });

  it('is the outward part of every postcode, however it is spaced and written', () => {
    fc.assert(
      fc.property(outward, inward, fc.constantFrom('', ' '), (out, into, space) => {
        const postcode = `${out}${space}${into}`;
        expect(districtOf(postcode)).toBe(out);
        expect(districtOf(postcode.toLowerCase())).toBe(out);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is none of what has more before a postcode or behind it, or not all of it', () => {
    fc.assert(
      fc.property(outward, inward, fc.constantFrom('1', 'A', ',', '.'), (out, into, more) => {
        expect(districtOf(`${out} ${into}${more}`)).toBeNull();
        expect(districtOf(`${more}${more}${out} ${into}`)).toBeNull();
        expect(districtOf(into)).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a month', () => {
  it.each([
    [0, '1970-01'],
    [Date.UTC(2026, 1, 28, 23, 59, 59, 999), '2026-02'],
    [Date.UTC(2026, 2, 1), '2026-03'],
    [Number.NaN, null],
    [8.64e15, null],
  ])('of %s is %s', (at, month) => {
    expect(monthOf(new Date(at))).toBe(month);
  });
});
