import fc from 'fast-check';
import { expect, it } from 'vitest';

import { FAULTS } from '../errors.js';
import { dateExists, londonOffset, parseDate, parseDateTime } from './uk-time.js';

it.each([
  ['2026-01-15T10:00', '2026-01-15T10:00:00.000Z'],
  ['2026-07-15T10:00:30', '2026-07-15T09:00:30.000Z'],
  ['2026-07-15T10:00:30.25', '2026-07-15T09:00:30.250Z'],
  ['2026-10-25T01:30', '2026-10-25T00:30:00.000Z'],
  ['2026-10-25T01:30+00:00', '2026-10-25T01:30:00.000Z'],
  ['2026-10-25T02:00', '2026-10-25T02:00:00.000Z'],
  ['2026-03-29T00:59', '2026-03-29T00:59:00.000Z'],
  ['2026-03-29T02:00', '2026-03-29T01:00:00.000Z'],
  ['2026-07-15T10:00Z', '2026-07-15T10:00:00.000Z'],
  ['2026-07-15T10:00+0530', '2026-07-15T04:30:00.000Z'],
  ['1970-07-01T12:00', '1970-07-01T11:00:00.000Z'],
  ['1970-01-01T12:00', '1970-01-01T11:00:00.000Z'],
  ['1943-07-01T12:00', '1943-07-01T10:00:00.000Z'],
  ['2026-07-15T10:00:30.1234567899Z', '2026-07-15T10:00:30.123Z'],
  ['2026-01-15T10:00:30.999999999999', '2026-01-15T10:00:30.999Z'],
  ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z'],
  ['2016-12-31T23:59:60.5Z', '2016-12-31T23:59:59.999Z'],
  ['2017-01-01T00:59:60+01:00', '2016-12-31T23:59:59.999Z'],
])('reads %s as %s', (text, moment) => {
  expect(parseDateTime(text, '/at')).toEqual({ value: moment });
});

it.each([
  ['2026-03-29T01:30', 'timeImpossible'],
  ['2026-02-30T10:00', 'dateImpossible'],
  ['2026-01-01T24:00', 'timeImpossible'],
  ['2016-12-31T23:58:60Z', 'timeImpossible'],
  ['2016-12-31T23:59:61Z', 'timeImpossible'],
  ['2016-12-31T23:59:60', 'timeImpossible'],
  ['2016-12-31 23:59:60Z', 'timeImpossible'],
  ['2016-12-31T23:59:60+0000', 'timeImpossible'],
  ['2016-12-31T24:59:60Z', 'timeImpossible'],
  ['2016-02-30T23:59:60Z', 'dateImpossible'],
  ['2016-12-31T23:59:60+15:00', 'timeOffsetInvalid'],
  ['2026-01-01T10:00+15:00', 'timeOffsetInvalid'],
  ['2026-01-01 10', 'dateMalformed'],
  ['yesterday', 'dateMalformed'],
] as const)('refuses %s as %s', (text, name) => {
  expect(parseDateTime(text, '/at').fault).toMatchObject({ path: '/at', code: FAULTS[name].code });
});

it('takes only days that exist', () => {
  expect(parseDate('2024-02-29', '/d')).toEqual({ value: '2024-02-29' });
  expect(parseDate('2023-02-29', '/d').fault?.code).toBe(FAULTS.dateImpossible.code);
  expect(parseDate('29/02/2024', '/d').fault?.code).toBe(FAULTS.dateMalformed.code);
  expect([
    dateExists(2000, 2, 29),
    dateExists(1900, 2, 29),
    dateExists(2026, 13, 1),
    dateExists(999, 1, 1),
  ]).toEqual([true, false, false, false]);
});

it('agrees with the time zone database at every moment', () => {
  const london = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/London',
    timeZoneName: 'longOffset',
  });
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1972, 0), max: Date.UTC(2037, 11) }), (utc) => {
      const name = london.formatToParts(utc).find(({ type }) => type === 'timeZoneName')!.value;
      expect(londonOffset(utc)).toBe(name.endsWith('01:00') ? 3_600_000 : 0);
    }),
  );
});
