import { isSmall, withheld } from './small-numbers.js';
import type { Cell, SmallNumbers, Told } from './small-numbers.js';

/**
 * An answer given before, beside the data of now: its cells that were told, each with how many it would count now, and
 * how many of those each new cell counts too.
 */
export type Earlier = {
  cells: { key: string; count: number; common: ReadonlyMap<string, number> }[];
};

/** The key of a cell's place, for maps. */
export const keyOf = (place: readonly (string | null)[]): string => JSON.stringify(place);

/**
 * Takes back every new cell from which, with what this recipient was told before, a small number could be had by
 * subtraction: of one cell from another that contains it, or of all cells told together within one cell from that cell.
 * Both ways round: the new within the old, and the old within the new. Pure.
 */
export function withoutDifferences(
  cells: readonly Cell[],
  earlier: readonly Earlier[],
  rules: SmallNumbers,
): Cell[] {
  const risky = new Set(earlier.flatMap((answer) => riskyOf(cells, answer, rules)));
  return cells.map((cell) =>
    cell.told.value !== null && risky.has(keyOf(cell.place))
      ? { ...cell, told: withheld('differencing') }
      : cell,
  );
}

function riskyOf(
  cells: readonly Cell[],
  { cells: before }: Earlier,
  rules: SmallNumbers,
): string[] {
  const open = cells.filter(({ told }) => told.value !== null && told.value > 0);
  return [...withinNew(open, before, rules), ...withinOld(open, before, rules)];
}

/** New cells that hold, beside one told before, or all told before that lie within, only a few more. */
function withinNew(open: readonly Cell[], before: Earlier['cells'], rules: SmallNumbers): string[] {
  return open.flatMap(({ place, count }) => {
    const key = keyOf(place);
    const inside = before.filter((old) => old.count > 0 && old.common.get(key) === old.count);
    const rests = inside.map((old) => count - old.count);
    const together = count - inside.reduce((sum, old) => sum + old.count, 0);
    return inside.length > 0 && [...rests, together].some((rest) => isSmall(rest, rules))
      ? [key]
      : [];
  });
}

/** New cells that, one by one or together, leave only a few of one told before. */
function withinOld(open: readonly Cell[], before: Earlier['cells'], rules: SmallNumbers): string[] {
  return before.flatMap((old) => {
    const inside = open.filter(({ place, count }) => (old.common.get(keyOf(place)) ?? 0) === count);
    const alone = inside.filter(({ count }) => isSmall(old.count - count, rules));
    const together = old.count - inside.reduce((sum, { count }) => sum + count, 0);
    const smallest = [...inside].sort((a, b) => a.count - b.count).slice(0, 1);
    const taken = isSmall(together, rules) ? [...alone, ...smallest] : alone;
    return taken.map(({ place }) => keyOf(place));
  });
}

/** What the very same question was answered before, by cell. */
export type Former = ReadonlyMap<string, { count: number; told: Told }>;

/**
 * The same question asked again: a cell that changed by a few since is told as it was then, so that two answers never
 * differ by a small number of people who came or went. What was suppressed for differencing stays so while that holds. Pure.
 */
export function steady(cells: readonly Cell[], former: Former, rules: SmallNumbers): Cell[] {
  return cells.map((cell) => {
    const then = former.get(keyOf(cell.place));
    if (then === undefined || !isSmall(Math.abs(cell.count - then.count), rules)) return cell;
    // What is small now is never told, whatever it was.
    return cell.told.value === null ? cell : { ...cell, told: then.told, basis: then.count };
  });
}
