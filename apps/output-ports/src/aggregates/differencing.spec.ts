import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { differing, steady } from './differencing.js';
import type { Deciding } from './differencing.js';
import { canonical, keyOf } from './history.js';
import type { Before, Entry } from './history.js';
import type { Counting } from './question.js';
import { isSmall, toldCount, USUAL } from './small-numbers.js';
import type { Source } from './source.js';

type Group = { name: string; people: ReadonlySet<number> };

const group = (name: string, from: number, until: number): Group => ({
  name,
  people: new Set(Array.from({ length: until - from }, (_, at) => from + at)),
});
const entryOf = (name: string, count: number): Entry => {
  const told = toldCount(count, USUAL);
  const ever = told.value ? [{ value: told.value, people: count }] : [];
  return {
    place: [name],
    count,
    people: count,
    told,
    mean: null,
    asOf: null,
    isVeiled: false,
    ever,
  };
};
const cellsOf = (groups: readonly Group[]): Deciding[] =>
  groups.map(({ name, people }) => ({ ...entryOf(name, people.size), isSettled: false }));
const common = (a: Group, b: Group) => [...a.people].filter((one) => b.people.has(one)).length;
const table = (column: string): Counting => ({
  ...{ unit: 'people', by: [column], where: [], stated: null },
});

/** Groups of people, each a cell of one of two tables. */
function groupsAsRecords(now: readonly Group[], old: readonly Group[]): Source {
  const named = new Map([...now, ...old].map((one) => [keyOf([one.name]), one]));
  const nobody = () => Promise.reject(new Error('not asked'));
  return {
    ...{ has: () => true, table: nobody, means: nobody },
    overlaps: () =>
      Promise.resolve(
        now.flatMap((a) =>
          old.flatMap((b) => {
            const people = common(a, b);
            const isOldWithin = people === b.people.size;
            const isNowWithin = people === a.people.size;
            const moreInNow = a.people.size - people;
            const moreInOld = b.people.size - people;
            const places = { now: keyOf([a.name]), old: keyOf([b.name]) };
            return people === 0
              ? []
              : [{ ...places, people, isOldWithin, isNowWithin, moreInNow, moreInOld }];
          }),
        ),
      ),
    left: (_, __, covered) => {
      const left = new Map<string, Set<number>>();
      for (const [mine, other] of covered) {
        const rest = left.get(mine) ?? new Set(named.get(mine)?.people);
        for (const one of named.get(other)?.people ?? []) rest.delete(one);
        left.set(mine, rest);
      }
      return Promise.resolve(new Map([...left].map(([key, rest]) => [key, rest.size])));
    },
  };
}

/** The new groups as they are told after the old ones; by their records, or where no view has both by their numbers. */
async function asked(now: readonly Group[], ...before: Group[][]) {
  const counting = table('now');
  const cells = cellsOf(now);
  const risky = new Set<string>();
  for (const old of before) {
    const told = new Map(
      old.map(({ name, people }) => [keyOf([name]), entryOf(name, people.size)]),
    );
    const earlier: Before = { key: canonical(table('old')), counting: table('old'), cells: told };
    const source = groupsAsRecords(now, old);
    for (const key of await differing({ counting, cells }, earlier, source, USUAL)) risky.add(key);
  }
  return cells.map(({ place, told: { value, suppressed } }) =>
    risky.has(keyOf(place)) ? 'differencing' : (suppressed ?? value),
  );
}

describe('differencing against what was answered before', () => {
  it('takes back a group that is one told before and a few more, and one that is a few less', async () => {
    expect(await asked([group('all', 0, 53)], [group('most', 0, 50)])).toEqual(['differencing']);
    expect(await asked([group('most', 0, 50)], [group('all', 0, 53)])).toEqual(['differencing']);
  });

  it('tells a group again, one that is clearly larger, and one that shares nothing', async () => {
    expect(await asked([group('all', 0, 50)], [group('all', 0, 50)])).toEqual([50]);
    expect(await asked([group('all', 0, 58)], [group('most', 0, 50)])).toEqual([60]);
    expect(await asked([group('others', 100, 120)], [group('most', 0, 50)])).toEqual([20]);
  });

  it('takes back a total that the parts told before leave a few of', async () => {
    const parts = [group('a', 0, 20), group('b', 20, 60), group('small', 60, 63)];
    expect(await asked([group('all', 0, 63)], parts)).toEqual(['differencing']);
  });

  it('takes back the smallest of parts that leave a few of a total told before', async () => {
    const parts = [group('a', 0, 20), group('b', 20, 60), group('small', 60, 63)];
    expect(await asked(parts, [group('all', 0, 63)])).toEqual(['differencing', 40, 'small-number']);
  });

  it('never leaves two nested groups told that differ by a small number', async () => {
    const some = fc
      .tuple(fc.nat(40), fc.nat(40))
      .map(([from, length]) => group(`${from}+${length}`, from, from + length));
    await fc.assert(
      fc.asyncProperty(some, some, async (now, old) => {
        const [value] = await asked([now], [old]);
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
  const cell = (count: number) => entryOf('x', count);
  const former = (count: number) => new Map([[keyOf(['x']), entryOf('x', count)]]);

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
