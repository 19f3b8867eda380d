import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { keyOf, steady, withoutDifferences } from './differencing.js';
import type { Earlier } from './differencing.js';
import { isSmall, toldCount, USUAL } from './small-numbers.js';
import type { Cell } from './small-numbers.js';

type Group = { name: string; people: ReadonlySet<number> };

const group = (name: string, from: number, until: number): Group => ({
  name,
  people: new Set(Array.from({ length: until - from }, (_, at) => from + at)),
});
const cellsOf = (groups: readonly Group[]): Cell[] =>
  groups.map(({ name, people }) => ({
    ...{ place: [name], count: people.size },
    told: toldCount(people.size, USUAL),
  }));
const common = (a: Group, b: Group) => [...a.people].filter((one) => b.people.has(one)).length;
const earlierOf = (old: readonly Group[], now: readonly Group[]): Earlier => ({
  cells: old
    .filter(({ people }) => toldCount(people.size, USUAL).value !== null)
    .map((one) => ({
      ...{ key: one.name, count: one.people.size },
      common: new Map(now.map((other) => [keyOf([other.name]), common(one, other)])),
    })),
});
const asked = (now: readonly Group[], ...before: Group[][]) =>
  withoutDifferences(
    cellsOf(now),
    before.map((old) => earlierOf(old, now)),
    USUAL,
  ).map(({ told: { value, suppressed } }) => suppressed ?? value);

describe('differencing against what was answered before', () => {
  it('takes back a group that is one told before and a few more, and one that is a few less', () => {
    expect(asked([group('all', 0, 53)], [group('most', 0, 50)])).toEqual(['differencing']);
    expect(asked([group('most', 0, 50)], [group('all', 0, 53)])).toEqual(['differencing']);
  });

  it('tells a group again, one that is clearly larger, and one that shares nothing', () => {
    expect(asked([group('all', 0, 50)], [group('all', 0, 50)])).toEqual([50]);
    expect(asked([group('all', 0, 58)], [group('most', 0, 50)])).toEqual([60]);
    expect(asked([group('others', 100, 120)], [group('most', 0, 50)])).toEqual([20]);
  });

  it('takes back a total that the parts told before leave a few of', () => {
    const parts = [group('a', 0, 20), group('b', 20, 60), group('small', 60, 63)];
    expect(asked([group('all', 0, 63)], parts)).toEqual(['differencing']);
  });

  it('takes back the smallest of parts that leave a few of a total told before', () => {
    const parts = [group('a', 0, 20), group('b', 20, 60), group('small', 60, 63)];
    expect(asked(parts, [group('all', 0, 63)])).toEqual(['differencing', 40, 'small-number']);
  });

  it('never leaves two nested groups told that differ by a small number', () => {
    const some = fc
      .tuple(fc.nat(40), fc.nat(40))
      .map(([from, length]) => group(`${from}+${length}`, from, from + length));
    fc.assert(
      fc.property(some, some, (now, old) => {
        const [value] = asked([now], [old]);
        if (typeof value !== 'number' || value === 0) return;
        if (toldCount(old.people.size, USUAL).value === null || old.people.size === 0) return;
        const both = common(now, old);
        const nested = both === now.people.size || both === old.people.size;
        const difference = Math.abs(now.people.size - old.people.size);
        expect(nested && isSmall(difference, USUAL)).toBe(false);
      }),
    );
  });
});

describe('the same question again', () => {
  const cell = (count: number): Cell => ({ place: ['x'], count, told: toldCount(count, USUAL) });
  const former = (count: number) =>
    new Map([[keyOf(['x']), { count, told: toldCount(count, USUAL) }]]);

  it.each([
    [22, 23, 20],
    [22, 29, 20],
    [22, 30, 30],
    [7, 9, null],
    [9, 7, null],
    [22, 22, 20],
  ])('%i then, %i now: told %s', (then, now, value) => {
    expect(steady([cell(now)], former(then), USUAL)[0]?.told.value).toBe(value);
  });
});
