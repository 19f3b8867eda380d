/** Which numbers are too small to be told, and to what the others are rounded. */
export type SmallNumbers = {
  /** Counts from 1 to this are suppressed. */
  threshold: number;
  /** The others are rounded to the nearest multiple of this; 1: not rounded. */
  roundTo: number;
};

/** NHS England's rule for HES below national level, and OpenSAFELY's for outputs: 1 to 7 suppressed, the rest to the nearest 5. */
export const USUAL: SmallNumbers = { threshold: 7, roundTo: 5 };

/** Name and version of these rules, for the answers that were made by them. */
export const RULES = 'caremesh-small-numbers/2';

/** Why a number is not told. */
export type Suppression = 'small-number' | 'secondary' | 'differencing' | 'whole-group';

/** A number as it may be told: null where it may not, and why. Zero is told as it is. */
export type Told = { value: number | null; suppressed: Suppression | null };

/** A number that is not told, and why. */
export const withheld = (suppressed: Suppression): Told => ({ value: null, suppressed });
const told = (value: number): Told => ({ value, suppressed: null });

/** Whether a count is so small that it could tell of somebody; none at all tells of nobody. */
export const isSmall = (count: number, { threshold }: SmallNumbers): boolean =>
  count >= 1 && count <= threshold;

/** The counts that are told as this multiple. */
export const roundedTo = (value: number, { roundTo }: SmallNumbers): [number, number] => [
  value - Math.floor(roundTo / 2),
  value + Math.ceil(roundTo / 2) - 1,
];

/** To the nearest multiple, a half upwards. With 5 a whole number is never half way. */
function rounded(count: number, { roundTo }: SmallNumbers): number {
  return Math.floor(count / roundTo + 0.5) * roundTo;
}

/** A count as it may be told by itself. */
export function toldCount(count: number, rules: SmallNumbers): Told {
  return isSmall(count, rules) ? withheld('small-number') : told(rounded(count, rules));
}

/** The total of cells: the sum of what is told of them, so that it tells nothing that they do not. */
export function totalOf(cells: readonly Told[]): number {
  return cells.reduce((sum, { value }) => sum + (value ?? 0), 0);
}

/** Where a cell is in its table: a value of each dimension. */
export type Place = readonly (string | null)[];

/** A cell of a table: its place, the true count, the people it rests on, and what may be told. */
export type Cell = { place: Place; count: number; people: number; told: Told };

/**
 * Secondary suppression, needed only where the others are told exactly: in each row, column and so on of the table (every
 * dimension varied while the others stay) in which one cell alone is suppressed, the smallest other one above zero goes
 * too, since a total known from elsewhere would give the first away. Repeated until no line has one alone that has
 * company it could hide in. Pure.
 */
export function withSecondary<C extends Cell>(cells: readonly C[], rules: SmallNumbers): C[] {
  if (rules.roundTo > 1) return [...cells];
  const table = cells.map((cell) => ({ ...cell }));
  const lines = linesOf(table);
  for (let changed = true; changed;) {
    changed = false;
    for (const line of lines) {
      const hidden = line.filter(({ told: { value } }) => value === null);
      const next = line
        .filter(({ count, told: { value } }) => value !== null && count > 0)
        .sort((a, b) => a.count - b.count)[0];
      if (hidden.length !== 1 || next === undefined) continue;
      next.told = withheld('secondary');
      changed = true;
    }
  }
  return table;
}

function linesOf<C extends Cell>(cells: readonly C[]): C[][] {
  const lines = new Map<string, C[]>();
  for (const cell of cells) {
    for (const dimension of cell.place.keys()) {
      const others = cell.place.map((value, at) => (at === dimension ? '' : value));
      const line = JSON.stringify([dimension, others]);
      lines.set(line, [...(lines.get(line) ?? []), cell]);
    }
  }
  return [...lines.values()];
}

/**
 * A rate in percent, to one decimal, from numbers as they are told. Suppressed where either part is too small, where those
 * who are not counted are (their number is the difference), and where it is all or none of a group: that would tell of
 * each of them.
 */
export function toldRate(
  numerator: { count: number; told: Told },
  denominator: { count: number; told: Told },
  rules: SmallNumbers,
): Told {
  for (const part of [denominator, numerator]) {
    if (part.told.suppressed !== null) return withheld(part.told.suppressed);
  }
  const rest = denominator.count - numerator.count;
  if (isSmall(rest, rules)) return withheld('small-number');
  if (rest <= 0 || numerator.count === 0) return withheld('whole-group');
  const [above, below] = [numerator.told.value ?? 0, denominator.told.value ?? 0];
  return below === 0 ? withheld('small-number') : told(toOneDecimal((100 * above) / below));
}

/** A mean, to one decimal, where the number it rests on may be told. Zero cases have no mean. */
export function toldMean(mean: number | null, cases: Told): Told {
  if (cases.suppressed !== null) return withheld(cases.suppressed);
  return {
    value: mean === null || cases.value === 0 ? null : toOneDecimal(mean),
    suppressed: null,
  };
}

/** Rates and means are told to one decimal. */
export const toOneDecimal = (value: number): number => Math.round(value * 10) / 10;
