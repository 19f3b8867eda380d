import { keyOf } from './history.js';
import type { Before, Entry } from './history.js';
import type { Counting } from './question.js';
import { isSmall } from './small-numbers.js';
import type { Cell, Place, SmallNumbers } from './small-numbers.js';
import type { Overlap, Source } from './source.js';

/** A cell that is being decided. What was told or withheld before and still holds is settled. */
export type Deciding = Entry & { isSettled: boolean };
export type Table = { counting: Counting; cells: readonly Deciding[] };

/** One cell within another, or one that could be: of two columns of which no view has both, nobody here can say. */
type Pair = Pick<Overlap, 'now' | 'old' | 'isOldWithin' | 'isNowWithin'> & {
  differences: number[];
};
type Cells = { open: ReadonlyMap<string, Deciding>; told: ReadonlyMap<string, Entry> };

/**
 * The new cells from which, with what was told before, a small number of people could be had by subtraction: of one cell
 * from another that contains it, or of all cells told together within one cell from that cell. Both ways round: the new
 * within the old, and the old within the new; and both as the data stand now and with the numbers as they were told.
 */
export async function differing(
  now: Table,
  old: Before,
  source: Source | null,
  rules: SmallNumbers,
): Promise<Set<string>> {
  const open = new Map(
    now.cells
      .filter(({ told, isVeiled }) => (told.value ?? 0) > 0 && !isVeiled)
      .map((cell) => [keyOf(cell.place), cell]),
  );
  const told = new Map([...old.cells].filter(([, { ever }]) => ever.length > 0));
  if (open.size === 0 || told.size === 0) return new Set();
  const cells = { open, told };
  const pairs =
    source === null
      ? pairsByName(now.counting, old.counting, cells)
      : await pairsByRecord(now.counting, old.counting, cells, source);
  return new Set([
    ...apart(pairs, cells, rules),
    ...(await togetherInNow(now, old, { pairs, cells, source, rules })),
    ...(await togetherInOld(now, old, { pairs, cells, source, rules })),
  ]);
}

async function pairsByRecord(
  now: Counting,
  old: Counting,
  { open, told }: Cells,
  source: Source,
): Promise<Pair[]> {
  const overlaps = await source.overlaps(now, { ...old, unit: now.unit });
  return overlaps
    .filter((one) => open.has(one.now) && told.has(one.old))
    .filter(({ isOldWithin, isNowWithin }) => isOldWithin || isNowWithin)
    .map(({ moreInNow, moreInOld, ...one }) => ({
      ...one,
      differences: [
        ...(one.isOldWithin ? [moreInNow] : []),
        ...(one.isNowWithin ? [moreInOld] : []),
      ],
    }));
}

/**
 * By what the cells are of, where no view has all the columns: the numbers as they were told must do. What of the one could
 * lie in the other is taken to.
 */
function pairsByName(now: Counting, old: Counting, { open, told }: Cells): Pair[] {
  return [...open].flatMap(([key, cell]) =>
    [...told].flatMap(([other, { place }]) => {
      if (isApart(now.by, cell.place, old, place)) return [];
      const isOldWithin = isPart(now, old) || !isPart(old, now);
      const isNowWithin = isPart(old, now) || !isPart(now, old);
      return [{ now: key, old: other, isOldWithin, isNowWithin, differences: [] }];
    }),
  );
}

const isApart = (columns: readonly string[], place: Place, other: Counting, otherPlace: Place) =>
  columns.some((column, at) => {
    const there = other.by.indexOf(column);
    return there >= 0 && otherPlace[there] !== place[at];
  });

/** Whether every cell of the finer lies in one of the coarser. */
const isPart = (coarser: Counting, finer: Counting): boolean =>
  coarser.where.length === 0 &&
  coarser.by.every((column) => finer.by.includes(column)) &&
  (coarser.stated === null || coarser.stated === finer.stated);

function apart(pairs: readonly Pair[], { open, told }: Cells, rules: SmallNumbers): string[] {
  return pairs
    .filter(({ now, old, differences }) => {
      const people = open.get(now)?.people ?? 0;
      const asTold = (told.get(old)?.ever ?? []).map((one) => Math.abs(people - one.people));
      return [...differences, ...asTold].some((one) => isSmall(one, rules));
    })
    .map(({ now }) => now);
}

type Judging = { pairs: readonly Pair[]; cells: Cells; source: Source | null; rules: SmallNumbers };

/** New cells of which all that was told within them leaves only a few. */
async function togetherInNow(now: Table, old: Before, judging: Judging): Promise<string[]> {
  const { pairs, cells, source, rules } = judging;
  const inside = severalBy(
    pairs.filter(({ isOldWithin }) => isOldWithin),
    'now',
  );
  const covered = [...inside.values()].flat().map((one) => [one.now, one.old] as const);
  const left = await leftOf(source, now.counting, old.counting, covered);
  return [...inside].flatMap(([key, within]) => {
    const people = cells.open.get(key)?.people ?? 0;
    const sum = within.reduce((all, one) => all + lastTold(cells.told.get(one.old)), 0);
    const rests = [left.get(key) ?? 0, Math.abs(people - sum)];
    return rests.some((rest) => isSmall(rest, rules)) ? [key] : [];
  });
}

/** The smallest of new cells that together leave only a few of one told before. */
async function togetherInOld(now: Table, old: Before, judging: Judging): Promise<string[]> {
  const { pairs, cells, source, rules } = judging;
  const inside = severalBy(
    pairs.filter(({ isNowWithin }) => isNowWithin),
    'old',
  );
  const covered = [...inside.values()].flat().map((one) => [one.old, one.now] as const);
  const whole = { ...old.counting, unit: now.counting.unit };
  const left = await leftOf(source, whole, now.counting, covered);
  return [...inside].flatMap(([key, within]) => {
    const parts = within.flatMap((one) => cells.open.get(one.now) ?? []);
    const sum = parts.reduce((all, { people }) => all + people, 0);
    const ever = cells.told.get(key)?.ever ?? [];
    const rests = [left.get(key) ?? 0, ...ever.map(({ people }) => Math.abs(people - sum))];
    const free = parts.filter(({ isSettled }) => !isSettled).sort((a, b) => a.count - b.count);
    return rests.some((rest) => isSmall(rest, rules))
      ? free.slice(0, 1).map(({ place }) => keyOf(place))
      : [];
  });
}

const lastTold = (entry: Entry | undefined): number => entry?.ever.at(-1)?.people ?? 0;

async function leftOf(
  source: Source | null,
  whole: Counting,
  parts: Counting,
  covered: readonly (readonly [string, string])[],
): Promise<Map<string, number>> {
  return source === null || covered.length === 0 ? new Map() : source.left(whole, parts, covered);
}

/** Two and more only: of one alone the pair was judged. */
function severalBy(pairs: readonly Pair[], side: 'now' | 'old'): Map<string, Pair[]> {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) groups.set(pair[side], [...(groups.get(pair[side]) ?? []), pair]);
  return new Map([...groups].filter(([, group]) => group.length > 1));
}

/**
 * The same table again: a cell whose people changed by a few since is told as it was then, its mean with it, so that two
 * answers never differ by a small number of people who came or went. What was withheld stays so while that holds. Pure.
 */
export function steady(
  cells: readonly Entry[],
  former: ReadonlyMap<string, Entry>,
  rules: SmallNumbers,
): Deciding[] {
  const present = new Set(cells.map(({ place }) => keyOf(place)));
  const gone = [...former].filter(([key]) => !present.has(key)).map(([, then]) => emptied(then));
  return [...cells, ...gone].map((cell) => {
    const then = former.get(keyOf(cell.place));
    if (then === undefined) return { ...cell, isSettled: false };
    const { ever } = then;
    if (Math.abs(cell.people - then.people) > rules.threshold) {
      return { ...cell, ever, isSettled: false };
    }
    const isVeiled = cell.isVeiled || then.isVeiled;
    // What is small now is never told, whatever it was.
    if (cell.told.value === null) return { ...cell, ever, isVeiled, isSettled: true };
    return { ...then, isVeiled, isSettled: true };
  });
}

const emptied = (then: Entry): Entry => ({
  ...then,
  ...{ count: 0, people: 0, mean: null, isVeiled: false },
  told: { value: 0, suppressed: null } satisfies Cell['told'],
});
