import { describe, expect, it } from 'vitest';
import { RowReader } from './row-reader.js';

type Key = 'at' | 'clock';
const reader = (at: string, clock = '') =>
  new RowReader<Key>({ pathOf: (key) => `T.${key}` }, { at, clock });

const answer = (at: string, ask: (row: RowReader<Key>) => unknown, clock?: string) => {
  const row = reader(at, clock);
  const value = ask(row);
  return row.faults.length ? row.faults.map(({ code, path }) => `${code} ${path}`) : value;
};

describe('dates', () => {
  it.each([
    ['2026-03-09', '2026-03-09'],
    ['09/03/2026', '2026-03-09'],
    ['9/3/2026', '2026-03-09'],
    ['2024-02-29T00:00:00.000', '2024-02-29'],
    ['09/03/2026 00:00', '2026-03-09'],
    ['', null],
    ['2026-02-29', ['MESH-2232 T.at']],
    ['31/04/2026', ['MESH-2232 T.at']],
    ['03/13/2026', ['MESH-2232 T.at']],
    ['09-03-2026', ['MESH-2231 T.at']],
    ['9 March 2026', ['MESH-2231 T.at']],
    ['2026-03-09T10:00', ['MESH-2231 T.at']],
  ])('%j is %j', (text, expected) => {
    const days = typeof expected === 'string' ? Date.parse(expected) / 86_400_000 : expected;
    expect(answer(text, (row) => row.day('at'))).toEqual(days);
  });
});

describe('London moments', () => {
  it.each([
    ['2026-01-05', '09:30:00', '2026-01-05T09:30:00.000Z'],
    ['05/07/2026', '09:30', '2026-07-05T08:30:00.000Z'],
    ['2026-07-05', '', null],
    ['31/06/2026', '09:30', ['MESH-2232 T.at']],
    ['2026-10-25', '01:30', '2026-10-25T00:30:00.000Z'],
    ['2026-03-29', '01:30', ['MESH-2233 T.clock']],
    ['2026-01-05', '24:00', ['MESH-2233 T.clock']],
    ['2026-01-05', '9.30', ['MESH-2231 T.clock']],
    // As a spreadsheet shows it, and as databases write it that have no time without a day.
    ['2026-01-05', '9:30', '2026-01-05T09:30:00.000Z'],
    ['2026-01-05', '30/12/1899 09:30:00', '2026-01-05T09:30:00.000Z'],
    ['2026-01-05', '1900-01-01 09:30:00.000', '2026-01-05T09:30:00.000Z'],
    ['2026-01-05', '1970-01-01T09:30:00', '2026-01-05T09:30:00.000Z'],
    ['2026-01-05', '2026-01-06 09:30:00', ['MESH-2231 T.clock']],
    ['', '09:30', null],
  ])('%s %s is %j', (date, clock, expected) => {
    const moment = typeof expected === 'string' ? Date.parse(expected) : expected;
    const ask = (row: RowReader<Key>) => [row.day('at'), row.moment('at', 'clock')][1];
    expect(answer(date, ask, clock)).toEqual(moment);
  });
});

describe('numbers', () => {
  it.each([
    ['12.50', 12.5],
    ['£1,234.50', 1234.5],
    ['7', 7],
    ['85.200', 85.2],
    ['', null],
    ['12.505', ['MESH-2225 T.at']],
    ['-1', ['MESH-2225 T.at']],
    ['1,23', ['MESH-2224 T.at']],
    ['1e3', ['MESH-2224 T.at']],
    ['NaN', ['MESH-2224 T.at']],
  ])('the decimal %j is %j', (text, expected) => {
    expect(answer(text, (row) => row.decimal('at', { min: 0 }))).toEqual(expected);
  });

  it.each([
    ['45', 45],
    ['45.0', 45],
    ['45.5', ['MESH-2224 T.at']],
    ['-1', ['MESH-2225 T.at']],
  ])('the integer %j is %j', (text, expected) => {
    expect(answer(text, (row) => row.integer('at', { min: 0 }))).toEqual(expected);
  });
});

describe('identifiers', () => {
  it.each([
    ['00123', '00123'],
    ['1E5', '1E5'],
    ['12E+4/7', '12E+4/7'],
    ['', null],
    ['1.23457E+11', ['MESH-2623 T.at']],
    ['1,23457E+11', ['MESH-2623 T.at']],
    ['2e+12', ['MESH-2623 T.at']],
    ['a\nb', ['MESH-2128 T.at']],
  ])('%j is %j: a rounded number is one for many', (text, expected) => {
    expect(answer(text, (row) => row.identifier('at'))).toEqual(expected);
    const must = (row: RowReader<Key>) => row.mandatoryIdentifier('at', 'recordIdMissing');
    expect(answer(text, must)).toEqual(expected ?? ['MESH-2213 T.at']);
  });
});

describe('texts', () => {
  it('hold no line break and no control character', () => {
    expect(answer('a\nb', (row) => row.text('at'))).toEqual(['MESH-2128 T.at']);
    expect(answer('a\u0007b', (row) => row.text('at'))).toEqual(['MESH-2223 T.at']);
    expect(answer('a b', (row) => row.text('at'))).toBe('a b');
  });

  it('that are free may have lines', () => {
    expect(answer('a\nb', (row) => row.prose('at'))).toBe('a\nb');
    expect(answer('a\u0000b', (row) => row.prose('at'))).toEqual(['MESH-2223 T.at']);
  });

  it('that must be there are missed', () => {
    expect(answer('', (row) => row.mandatory('at'))).toEqual(['MESH-2221 T.at']);
    expect(answer('', (row) => row.mandatory('at', 'recordIdMissing'))).toEqual(['MESH-2213 T.at']);
  });
});
