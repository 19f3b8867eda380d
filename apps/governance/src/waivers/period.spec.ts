import { describe, expect, it } from 'vitest';
import { endOf } from './period.js';

const now = new Date('2026-11-25T12:00:00Z');

describe('the end of a waiver', () => {
  it.each([
    ['2026-11-25', '2026-11-26T00:00:00.000Z'],
    ['2026-11-25T12:00:01Z', '2026-11-25T12:00:01.000Z'],
    ['2027-05-27', '2027-05-28T00:00:00.000Z'],
  ])('until %s is %s', (until, end) => {
    expect(endOf(until, now)?.toISOString()).toBe(end);
  });

  it.each(['2026-11-24', '2026-11-25T12:00:00Z', '2027-05-28', '2031-01-01'])(
    'is no legal one: %s',
    (until) => {
      expect(endOf(until, now)).toBeNull();
    },
  );
});
