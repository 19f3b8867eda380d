import { keyOf } from './history.js';
import type { Entry } from './history.js';
import type { Decided } from './decide.js';
import type { Counting } from './question.js';
import { toOneDecimal, withheld } from './small-numbers.js';
import type { Place, Told } from './small-numbers.js';

/** One number of an answer: a cell of a table, or the sum of what is told of several. */
export type Sum = {
  place: Place;
  count: number;
  told: Told;
  mean: number | null;
  /** Cells that would belong to it and are not told: they count for nothing in it. */
  notCounted: number;
};

/**
 * The numbers of a part of a question, made of the cells of its table and of nothing else: whatever is asked in one number,
 * it tells no more than its cells do one by one. Pure.
 */
export function sumsOf(part: Counting, table: Counting, { cells, few }: Decided): Sum[] {
  const asked = new Map(part.where.map(({ column, values }) => [column, new Set(values)]));
  const isAsked = (columns: readonly string[], place: Place) =>
    columns.every((column, at) => asked.get(column)?.has(place[at] ?? null) ?? true);
  const groups = new Map<string, { place: Place; members: Entry[] }>();
  for (const cell of cells) {
    const isShown = !cell.isVeiled && cell.told.value !== 0;
    if (!isShown || !isAsked(table.by, cell.place)) continue;
    const place = part.by.map((column) => cell.place[table.by.indexOf(column)] ?? null);
    const group = groups.get(keyOf(place)) ?? { place, members: [] };
    groups.set(keyOf(place), group);
    group.members.push(cell);
  }
  const sums = [...groups.values()].map(({ place, members }) => ({ place, ...sumOf(members) }));
  const isHidden =
    few.some(({ columns, place }) => isAsked(columns, place)) ||
    cells.some(({ isVeiled, place }) => isVeiled && isAsked(table.by, place));
  // Nobody, or too few to say whether anybody.
  if (part.by.length > 0 || sums.length > 0 || !isHidden) return sums;
  return [{ place: [], count: 0, told: withheld('small-number'), mean: null, notCounted: 0 }];
}

function sumOf(members: readonly Entry[]): Omit<Sum, 'place'> {
  const [first] = members;
  if (members.length === 1 && first) {
    const { count, told, mean } = first;
    return { count, told, mean, notCounted: 0 };
  }
  const told = members.filter((one) => one.told.value !== null);
  const value = told.reduce((sum, one) => sum + (one.told.value ?? 0), 0);
  const weighed = told.reduce((sum, one) => sum + (one.told.value ?? 0) * (one.mean ?? 0), 0);
  const notCounted = members.length - told.length;
  const missing = members.find((one) => one.told.value === null)?.told;
  return {
    count: told.reduce((sum, one) => sum + one.count, 0),
    told: told.length === 0 && missing ? missing : { value, suppressed: null },
    mean: told.length === 0 ? null : toOneDecimal(weighed / value),
    notCounted,
  };
}
