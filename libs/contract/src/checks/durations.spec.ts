import { describe, expect, it } from 'vitest';

import { momentBefore } from './durations.js';

const before = (moment: string, duration: string) =>
  momentBefore(new Date(moment), duration).toISOString();

describe('the moment before', () => {
  it('goes by the calendar, and by the clock', () => {
    expect(before('2026-03-31T10:00:00Z', 'P1M')).toBe('2026-02-28T10:00:00.000Z');
    expect(before('2024-02-29T00:00:00Z', 'P1Y')).toBe('2023-02-28T00:00:00.000Z');
    expect(before('2026-01-15T00:00:00Z', 'P10Y2M')).toBe('2015-11-15T00:00:00.000Z');
    expect(before('2026-01-08T00:00:00Z', 'P1W')).toBe('2026-01-01T00:00:00.000Z');
    expect(before('2026-01-01T00:15:05Z', 'PT15M5S')).toBe('2026-01-01T00:00:00.000Z');
  });

  it('is none for what is no duration', () => {
    expect(() => momentBefore(new Date(0), 'PT0S')).toThrow(RangeError);
    expect(() => momentBefore(new Date(0), 'soon')).toThrow(RangeError);
  });
});
