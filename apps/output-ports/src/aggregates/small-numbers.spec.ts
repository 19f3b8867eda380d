import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  isSmall,
  toldCount,
  toldMean,
  toldRate,
  totalOf,
  USUAL,
  withSecondary,
} from './small-numbers.js';
import type { Cell, SmallNumbers } from './small-numbers.js';

const shown = (counts: number[], rules = USUAL) =>
  counts.map((count) => toldCount(count, rules).value);
const rules = fc.record({
  threshold: fc.integer({ min: 1, max: 20 }),
  roundTo: fc.constantFrom(1, 5, 10),
});
const EXACT: SmallNumbers = { threshold: 7, roundTo: 1 };
const cellsOf = (counts: number[][], by: SmallNumbers): Cell[] =>
  counts.flatMap((row, y) =>
    row.map((count, x) => ({
      ...{ place: [String(y), String(x)], count, people: count },
      told: toldCount(count, by),
    })),
  );

describe('small numbers', () => {
  it.each([
    [[3, 8, 16, 23], [null, 10, 15, 25], 50],
    [[18, 23, 31, 44], [20, 25, 30, 45], 120],
    [[0, 1, 7, 8, 12, 13], [0, null, null, 10, 10, 15], 35],
  ])('%j is told as %j, in total %i', (counts, expected, total) => {
    expect(shown(counts)).toEqual(expected);
    expect(totalOf(counts.map((count) => toldCount(count, USUAL)))).toBe(total);
  });

  it('a count is never told if it is small, else to within half of what it is rounded to', () => {
    fc.assert(
      fc.property(fc.nat(100_000), rules, (count, by) => {
        const { value } = toldCount(count, by);
        expect(value === null).toBe(isSmall(count, by));
        if (value === null) return;
        expect(Math.abs(value - count)).toBeLessThanOrEqual(by.roundTo / 2);
        expect(value % by.roundTo).toBe(0);
      }),
    );
  });

  it('a threshold of the product takes the place of the usual one', () => {
    expect(shown([5, 6, 11], { threshold: 5, roundTo: 1 })).toEqual([null, 6, 11]);
  });
});

describe('secondary suppression', () => {
  it('takes the smallest neighbour of a cell that is alone in its row or column', () => {
    const cells = withSecondary(
      cellsOf(
        [
          [3, 20, 30],
          [40, 50, 60],
          [70, 80, 90],
        ],
        EXACT,
      ),
      EXACT,
    );
    expect(cells.map(({ told: { value, suppressed } }) => suppressed ?? value)).toEqual([
      ...['small-number', 'secondary', 30],
      ...['secondary', 'secondary', 60],
      ...[70, 80, 90],
    ]);
  });

  it('is not needed where everything is rounded', () => {
    const cells = cellsOf([[3, 20]], USUAL);
    expect(withSecondary(cells, USUAL)).toEqual(cells);
  });

  it('leaves no line with one suppressed cell alone among others above zero', () => {
    const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.array(fc.array(fc.nat(30), { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 4,
      }),
    );
    fc.assert(
      fc.property(table, (counts) => {
        const cells = withSecondary(cellsOf(counts, EXACT), EXACT);
        for (const dimension of [0, 1]) {
          for (const place of new Set(cells.map((cell) => cell.place[dimension]))) {
            const line = cells.filter((cell) => cell.place[dimension] === place);
            const hidden = line.filter(({ told }) => told.value === null);
            const open = line.filter(({ told, count }) => told.value !== null && count > 0);
            expect(hidden.length === 1 && open.length > 0).toBe(false);
          }
        }
        for (const { count, told } of cells)
          if (isSmall(count, EXACT)) expect(told.value).toBeNull();
      }),
    );
  });
});

describe('rates and means', () => {
  const part = (count: number) => ({ count, told: toldCount(count, USUAL) });

  it.each([
    [23, 44, 55.6, null],
    [3, 44, null, 'small-number'],
    [2, 6, null, 'small-number'],
    [40, 44, null, 'small-number'],
    [0, 44, null, 'whole-group'],
    [44, 44, null, 'whole-group'],
  ])('%i of %i: %s %s', (above, below, value, suppressed) => {
    expect(toldRate(part(above), part(below), USUAL)).toEqual({ value, suppressed });
  });

  it('no rate tells of fewer than the threshold, counted or not counted', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), rules, (some, others, by) => {
        const of = (count: number) => ({ count, told: toldCount(count, by) });
        const { value } = toldRate(of(some), of(some + others), by);
        if (value === null) return;
        expect(some).toBeGreaterThan(by.threshold);
        expect(others).toBeGreaterThan(by.threshold);
      }),
    );
  });

  it('a mean of 1 to 7 is not told, of 8 it is, to one decimal', () => {
    expect(toldMean(2.345, toldCount(7, USUAL)).suppressed).toBe('small-number');
    expect(toldMean(2.345, toldCount(8, USUAL))).toEqual({ value: 2.3, suppressed: null });
    expect(toldMean(null, toldCount(0, USUAL)).value).toBeNull();
  });
});
