import { canonical, keyOf } from './history.js';
import type { Before, Entry } from './history.js';
import { roundedTo } from './small-numbers.js';
import type { SmallNumbers } from './small-numbers.js';

/** What a reader knows of a cell: it is from `lo` to `hi`. */
type Node = { entry: Entry; table: string; lo: number; hi: number; least: number };

/** A cell and the cells that it is split into by one more column. */
type Line = { whole: Node; parts: Node[]; isExact: boolean };

/** So many values must be left possible for every number that is suppressed. */
const LEFT_POSSIBLE = 3;
const MOST_ROUNDS = 50;

/**
 * Reads all tables that were told side by side, as somebody does who knows the rules: a cell is the sum of those it is
 * split into, wherever both are told, so that what is known of some bounds the others, and so on until nothing changes.
 * Gives back which suppressed numbers are left fewer than three values, and the cells of the table `key` beside them.
 * It looks only at what was told, never at what was withheld, so that what is taken back for it tells nothing. Pure.
 */
export function tellingTooMuch(
  tables: readonly Before[],
  key: string,
  rules: SmallNumbers,
  already: ReadonlySet<string> = new Set(),
): { pinned: Set<string>; near: string[] } {
  const lines = linesOf(nodesOf(withUnasked(tables), rules), rules);
  narrow(lines);
  const isPinned = (node: Node) => node.hi - node.lo + 1 < node.least && !already.has(idOf(node));
  const around = lines
    .map(({ whole, parts }) => [whole, ...parts])
    .filter((nodes) => nodes.some(isPinned))
    .flat();
  return {
    pinned: new Set(around.filter(isPinned).map(idOf)),
    near: around.filter(({ table }) => table === key).map(({ entry }) => keyOf(entry.place)),
  };
}

const idOf = ({ table, entry }: Node): string => `${table} ${keyOf(entry.place)}`;

/** With the tables that nobody asked for and that others add up to: two ways to one sum bound each other. */
function withUnasked(tables: readonly Before[]): Before[] {
  const all = tables.filter(({ counting }) => counting.where.length === 0);
  const known = new Set(all.map(({ key }) => key));
  const finestFirst = [...all].sort((a, b) => b.counting.by.length - a.counting.by.length);
  const unasked = new Map<string, Before>();
  // What is added is itself added up: the list grows while it is gone through.
  for (const table of finestFirst) {
    for (const at of table.counting.by.keys()) {
      const coarser = summedOver(table, at);
      if (known.has(coarser.key)) continue;
      const other = unasked.get(coarser.key);
      unasked.set(coarser.key, other === undefined ? coarser : smaller(other, coarser));
      if (other === undefined) finestFirst.push(coarser);
    }
  }
  return [...all, ...unasked.values()];
}

function summedOver({ counting, cells }: Before, column: number): Before {
  const coarser = { ...counting, by: counting.by.filter((_, at) => at !== column) };
  const sums = new Map<string, Entry>();
  for (const cell of cells.values()) {
    const place = cell.place.filter((_, at) => at !== column);
    const count = cell.count + (sums.get(keyOf(place))?.count ?? 0);
    sums.set(keyOf(place), { ...cell, place, count, isVeiled: true });
  }
  return { key: canonical(coarser), counting: coarser, cells: sums };
}

/** People who are in several cells are in the sum of each way as often; the least is nearest to how many they are. */
function smaller(one: Before, other: Before): Before {
  const cells = new Map(one.cells);
  for (const [key, cell] of other.cells) {
    const count = Math.min(cell.count, cells.get(key)?.count ?? Infinity);
    cells.set(key, { ...cell, count });
  }
  return { ...one, cells };
}

type Nodes = { table: Before; nodes: Map<string, Node> }[];

function nodesOf(tables: readonly Before[], rules: SmallNumbers): Nodes {
  return tables.map((table) => ({
    table,
    nodes: new Map(
      [...table.cells].map(([key, entry]) => [
        key,
        { entry, table: table.key, ...known(entry, table, rules) },
      ]),
    ),
  }));
}

function known(entry: Entry, { counting: { unit } }: Before, rules: SmallNumbers) {
  const { told, isVeiled } = entry;
  const few = unit === 'people' ? rules.threshold : 0;
  if (isVeiled) return { lo: 0, hi: Infinity, least: 0 };
  if (told.value === 0) return { lo: 0, hi: 0, least: 0 };
  if (told.value !== null) {
    const [lo, hi] = roundedTo(told.value, rules);
    return { lo: Math.max(few + 1, lo), hi, least: 0 };
  }
  if (told.suppressed !== 'small-number') return { lo: few + 1, hi: Infinity, least: 0 };
  const hi = unit === 'people' ? rules.threshold : Infinity;
  return { lo: 1, hi, least: Math.min(LEFT_POSSIBLE, hi) };
}

function linesOf(all: Nodes, rules: SmallNumbers): Line[] {
  return all.flatMap((fine) =>
    all.flatMap((coarse) => {
      const column = oneColumnFiner(fine.table, coarse.table);
      if (column === null) return [];
      const parts = new Map<string, Node[]>();
      for (const node of fine.nodes.values()) {
        const whole = keyOf(node.entry.place.filter((_, at) => at !== column));
        parts.set(whole, [...(parts.get(whole) ?? []), node]);
      }
      return [...parts].flatMap(([key, nodes]) => {
        const whole = coarse.nodes.get(key);
        return whole === undefined ? [] : [lineOf(whole, nodes, rules)];
      });
    }),
  );
}

/** Which column of the one the other has not, if that is all the difference. */
function oneColumnFiner({ counting: fine }: Before, { counting: coarse }: Before): number | null {
  if (fine.unit !== coarse.unit || fine.stated !== coarse.stated) return null;
  if (fine.by.length !== coarse.by.length + 1) return null;
  const column = fine.by.findIndex((one) => !coarse.by.includes(one));
  return fine.by.every((one, at) => at === column || coarse.by.includes(one)) ? column : null;
}

/** People who are in several cells make their sum larger than the whole: it then bounds from one side only. */
function lineOf(whole: Node, parts: Node[], { threshold }: SmallNumbers): Line {
  const sum = parts.reduce((all, { entry }) => all + entry.count, 0);
  return { whole, parts, isExact: Math.abs(sum - whole.entry.count) <= threshold };
}

function narrow(lines: readonly Line[]): void {
  for (let round = 0, changed = true; changed && round < MOST_ROUNDS; round += 1) {
    changed = false;
    for (const line of lines) if (narrowLine(line)) changed = true;
  }
}

function narrowLine({ whole, parts, isExact }: Line): boolean {
  const before = [whole, ...parts].map(({ lo, hi }) => [lo, hi] as const);
  const lo = parts.reduce((sum, one) => sum + one.lo, 0);
  const hi = parts.reduce((sum, one) => sum + one.hi, 0);
  const open = parts.filter((one) => one.hi === Infinity).length;
  const finite = parts.reduce((sum, one) => sum + (one.hi === Infinity ? 0 : one.hi), 0);
  if (isExact) bound(whole, lo, hi);
  else bound(whole, Math.max(...parts.map((one) => one.lo)), hi);
  for (const part of parts) {
    const othersOpen = open - (part.hi === Infinity ? 1 : 0);
    const othersHi = othersOpen > 0 ? Infinity : finite - (part.hi === Infinity ? 0 : part.hi);
    bound(part, whole.lo - othersHi, isExact ? whole.hi - (lo - part.lo) : whole.hi);
  }
  return [whole, ...parts].some(
    (one, at) => one.lo !== before[at]?.[0] || one.hi !== before[at]?.[1],
  );
}

/** Numbers of different days need not add up: what contradicts itself tells nothing. */
function bound(node: Node, lo: number, hi: number): void {
  const [least, most] = [Math.max(node.lo, lo), Math.min(node.hi, hi)];
  if (least > most) return;
  node.lo = least;
  node.hi = most;
}
