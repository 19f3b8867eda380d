import { problem } from '@caremesh/platform';

import { outputPortErrors } from '../errors.js';
import { differing, steady } from './differencing.js';
import type { Deciding, Table } from './differencing.js';
import { canonical, everOf, keyOf } from './history.js';
import type { Entry, History } from './history.js';
import { tellingTooMuch } from './lattice.js';
import type { Counting } from './question.js';
import { isSmall, toldCount, toOneDecimal, withheld, withSecondary } from './small-numbers.js';
import type { Place, SmallNumbers } from './small-numbers.js';
import type { Ancestor, Source } from './source.js';

/** What a table is decided with: the view asked, others of the same organisation, and all that it was told. */
export type Work = {
  view: Source;
  others: readonly Source[];
  history: History;
  rules: SmallNumbers;
  /** So many different tables are told at most. */
  most: number;
  asOf: string | null;
};

/** A table as it may be told, and the cells of few people that it lies in. */
export type Decided = { cells: Entry[]; few: Ancestor[] };

const MOST_CELLS = 5_000;
/** Each more doubles what is counted above the cells; PostgreSQL takes no more than twelve (`CUBE`). */
const MOST_COLUMNS = 8;
const MOST_STEPS = 30;

/**
 * Decides all cells of a table at once, asked for or not: which of them are told is then no matter of the order of
 * questions about it. Each is judged by itself, beside all other tables, and with them as one whole; and written down.
 */
export async function decide(work: Work, counting: Counting): Promise<Decided> {
  const { view, history, rules, most, asOf } = work;
  const key = canonical(counting);
  const former = history.before.find((one) => one.key === key)?.cells;
  if (counting.by.length > MOST_COLUMNS) {
    throw problem(outputPortErrors.tooManyCells, `${MOST_COLUMNS} columns`);
  }
  const table = await view.table(counting, { most: MOST_CELLS, few: rules.threshold });
  if (table === null) throw problem(outputPortErrors.tooManyCells, `${MOST_CELLS} cells`);
  const { cells: counted, few } = table;
  if (former === undefined && history.before.length >= most) {
    throw problem(outputPortErrors.tooManyQuestions, String(most));
  }
  const means = counting.stated === null ? new Map() : await view.means(counting, counting.stated);
  const isVeiled = veilOf(counting.by, few);
  const cells = counted.map((one): Entry => {
    const { place, people } = one;
    const isFew = isSmall(people, rules);
    const mean: unknown = means.get(keyOf(place));
    return {
      ...{ place, people, count: one[counting.unit], asOf, ever: [] },
      // Ten records of three people tell of three people.
      told: isFew ? withheld('small-number') : toldCount(one[counting.unit], rules),
      mean: isFew || typeof mean !== 'number' ? null : toOneDecimal(mean),
      isVeiled: isFew && isVeiled(place),
    };
  });
  const steadied = steady(withSecondary(cells, rules), former ?? new Map(), rules);
  const apart = await withoutDifferences(work, { counting, cells: steadied });
  const safe = withoutTellingTooMuch(work, { counting, cells: apart });
  const kept = safe.map(({ isSettled, ...cell }): Entry => {
    const news = isSettled || cell.isVeiled ? [] : everOf(cell.told, cell.people);
    return { ...cell, ever: [...cell.ever, ...news] };
  });
  await history.write(counting, kept);
  return { cells: kept, few };
}

/** Within a cell of few people nothing is told, not even which cells are empty. */
function veilOf(by: readonly string[], few: readonly Ancestor[]): (place: Place) => boolean {
  const groups = new Map<string, { at: number[]; places: Set<string> }>();
  for (const { columns, place } of few) {
    const name = JSON.stringify(columns);
    const at = columns.map((column) => by.indexOf(column));
    const group = groups.get(name) ?? { at, places: new Set<string>() };
    groups.set(name, group);
    group.places.add(keyOf(place));
  }
  return (place) =>
    [...groups.values()].some(({ at, places }) =>
      places.has(keyOf(at.map((index) => place[index] ?? null))),
    );
}

async function withoutDifferences(work: Work, table: Table): Promise<Deciding[]> {
  const { view, others, history, rules } = work;
  const own = canonical(table.counting);
  const risky = new Set<string>();
  // What is settled was judged when it was told.
  const isNew = table.cells.some(({ told, isSettled }) => !isSettled && (told.value ?? 0) > 0);
  for (const before of isNew ? history.before : []) {
    if (before.key === own) continue;
    const source = [view, ...others].find(
      (one) => one.has(table.counting) && one.has(before.counting),
    );
    for (const key of await differing(table, before, source ?? null, rules)) risky.add(key);
  }
  return table.cells.map((cell) =>
    !cell.isSettled && cell.told.value !== null && risky.has(keyOf(cell.place))
      ? { ...cell, told: withheld('differencing'), mean: null }
      : cell,
  );
}

/** Takes back cells one by one until the tables side by side leave every suppressed number room. Pure. */
function withoutTellingTooMuch(work: Work, { counting, cells }: Table): Deciding[] {
  const { history, rules } = work;
  const key = canonical(counting);
  const others = history.before.filter((one) => one.key !== key);
  const deciding = new Map(cells.map((cell) => [keyOf(cell.place), cell]));
  // What is told already cannot be mended by withholding more.
  const already = tellingTooMuch(others, key, rules).pinned;
  for (let step = 0; ; step += 1) {
    const tables = [...others, { key, counting, cells: deciding }];
    const { pinned, near } = tellingTooMuch(tables, key, rules, already);
    if (pinned.size === 0) break;
    const free = (keys: string[]) =>
      keys.flatMap((one) => {
        const cell = deciding.get(one);
        return cell && !cell.isSettled && !cell.isVeiled ? [cell] : [];
      });
    const all = free([...deciding.keys()]);
    const next = leastUseful(free(near)) ?? leastUseful(all);
    // Which cells are empty tells too: nothing of the table is shown then.
    if (next === undefined) return [...deciding.values()].map(closed);
    for (const cell of step < MOST_STEPS ? [next] : all) {
      deciding.set(keyOf(cell.place), takenBack(cell));
    }
  }
  return [...deciding.values()];
}

/** The smallest that is told; once none is, the smallest that is shown. */
function leastUseful(cells: readonly Deciding[]): Deciding | undefined {
  const told = cells.filter(({ told: { value } }) => (value ?? 0) > 0);
  return [...(told.length > 0 ? told : cells)].sort((a, b) => a.count - b.count)[0];
}

const closed = (cell: Deciding): Deciding => (cell.isSettled ? cell : { ...cell, isVeiled: true });

const takenBack = (cell: Deciding): Deciding =>
  cell.told.value === null
    ? { ...cell, isVeiled: true }
    : { ...cell, told: withheld('differencing'), mean: null };
