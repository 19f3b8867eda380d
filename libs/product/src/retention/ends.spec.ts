import { describe, expect, it } from 'vitest';

import { landedBefore, partsBefore } from './ends.js';

const NOW = new Date('2026-06-30T00:00:00Z');
const kept = (period: string, records: string, held = false) => ({
  contract: { retention: { period, records } },
  held,
});

describe('landed source data', () => {
  it('is kept for the longest period of the products made of it', () => {
    const before = landedBefore([kept('P10D', 'P1Y'), kept('P20D', 'P1Y')], NOW);
    expect(before.toISOString()).toBe('2026-06-10T00:00:00.000Z');
  });

  it('goes with its record where that is kept for less, unless it is held', () => {
    expect(landedBefore([kept('P30D', 'PT5S')], NOW).toISOString()).toBe(
      '2026-06-29T23:59:55.000Z',
    );
    expect(landedBefore([kept('P30D', 'PT5S', true)], NOW).toISOString()).toBe(
      '2026-05-31T00:00:00.000Z',
    );
  });
});

describe('rows of joined sources', () => {
  it('are kept for as long as any record, and while one is held', () => {
    expect(partsBefore([kept('P30D', 'P1D'), kept('P30D', 'P2D')], NOW)?.toISOString()).toBe(
      '2026-06-28T00:00:00.000Z',
    );
    expect(partsBefore([kept('P30D', 'P1D'), kept('P30D', 'P2D', true)], NOW)).toBeNull();
    expect(partsBefore([], NOW)).toBeNull();
  });
});
