import { FAULTS, fault } from '../errors.js';
import type { Fault } from '../errors.js';

/**
 * One column: its heading in the specification, other names it goes by, whether the file must have it, and whether it
 * has no place in the order.
 */
type Column = {
  heading: string;
  also?: readonly string[];
  required?: boolean;
  anywhere?: boolean;
};
export type Columns<K extends string> = Readonly<Record<K, Column>>;

/** Where each column of a table is in one file; -1 for a column the file does not have. */
export type Layout<K extends string> = { width: number; keys: K[]; positions: number[] };

/** Case, spaces and punctuation aside: `CARE CONTACT DATE`, `care_contact_date` and `CareContactDate` are one. */
const plain = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '');

function headingsOf<K extends string>(columns: Columns<K>): [name: string, key: K][] {
  return (Object.keys(columns) as K[]).flatMap((key) =>
    [columns[key].heading, ...(columns[key].also ?? [])].map((name): [string, K] => [
      plain(name),
      key,
    ]),
  );
}

/** The keys of two columns that one heading would be found as, or undefined if each heading is one column's. */
export function sharedHeading<K extends string>(columns: Columns<K>): [K, K] | undefined {
  const seen = new Map<string, K>();
  for (const [name, key] of headingsOf(columns)) {
    const other = seen.get(name);
    if (other !== undefined && other !== key) return [other, key];
    seen.set(name, key);
  }
  return undefined;
}

/**
 * Finds the columns of a table in a header row.
 * @returns every fault of the header at once, if it has any: no row of such a file can be read safely.
 */
export function layOut<K extends string>(
  columns: Columns<K>,
  header: readonly string[],
  pathOf: (heading: string) => string,
): Layout<K> | Fault[] {
  const keys = Object.keys(columns) as K[];
  const keyByName = new Map(headingsOf(columns));
  const found = new Map<string, number>();
  const faults: Fault[] = [];
  header.forEach((heading, position) => {
    const name = plain(heading);
    const key = keyByName.get(name);
    // Which of two like-named columns is meant cannot be known; nameless ones are a spreadsheet's margin.
    if (name && found.has(key ?? name))
      faults.push(fault('csvColumnDuplicated', key ? pathOf(columns[key].heading) : pathOf('')));
    found.set(key ?? name, position);
  });
  if (!keys.some((key) => found.has(key))) return [fault('csvHeaderMissing', pathOf(''))];
  const missing = keys.filter((key) => columns[key].required && !found.has(key));
  if (missing.length)
    faults.push(
      fault(
        'csvColumnMissing',
        pathOf(columns[missing[0]!].heading),
        alsoMissing(columns, missing),
      ),
    );
  if (faults.length) return faults;
  return { width: header.length, keys, positions: keys.map((key) => found.get(key) ?? -1) };
}

/**
 * What is odd about a header that can be used all the same: columns are found by their headings, so others between
 * them and another order do no harm. An unknown heading is the sender's text and is named by its position.
 */
export function noticesOf<K extends string>(
  columns: Columns<K>,
  unread: readonly string[],
  header: readonly string[],
  pathOf: (heading: string) => string,
): Fault[] {
  const order = new Map<string, [heading: string, rank: number]>();
  const all = Object.values<Column>(columns);
  for (const [rank, { heading, also = [] }] of all.entries())
    for (const name of [heading, ...also]) order.set(plain(name), [heading, rank]);
  const anywhere = new Set(all.filter((one) => one.anywhere).map(({ heading }) => heading));
  const known = new Set(unread.map(plain));
  const notices: Fault[] = [];
  let last = '';
  let highest = -1;
  let isReordered = false;
  for (const [position, text] of header.entries()) {
    const name = plain(text);
    const [heading, rank] = order.get(name) ?? [];
    if (heading === undefined || rank === undefined) {
      if (name === '' || known.has(name)) continue;
      const where = `column ${position + 1}${last && `, after ${last}`}`;
      notices.push(fault('csvColumnExtra', pathOf(''), where));
      continue;
    }
    last = heading;
    if (anywhere.has(heading)) continue;
    if (rank < highest && !isReordered) {
      isReordered = true;
      notices.push(fault('csvColumnsReordered', pathOf(heading), `column ${position + 1}`));
    }
    highest = Math.max(highest, rank);
  }
  return notices;
}

/** Why a header without known columns has none: its values stand apart by another character than the comma. */
export function separatorFault<K extends string>(
  columns: Columns<K>,
  text: string,
  pathOf: (heading: string) => string,
): Fault | null {
  for (const [separator, name] of SEPARATORS) {
    if (!text.includes(separator)) continue;
    const header = text.split(separator).map((value) => value.replaceAll('"', ''));
    const known = layOut(columns, header, pathOf);
    const isKnown = !Array.isArray(known) || known[0]!.code !== FAULTS.csvHeaderMissing.code;
    if (isKnown && header.length > 1) return fault('csvSeparator', pathOf(''), `${name} instead`);
  }
  return null;
}

const SEPARATORS = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'vertical bars'],
] as const;

/** The headings of the specification are our own words, so a message may name them. */
function alsoMissing<K extends string>(columns: Columns<K>, missing: K[]): string | undefined {
  const others = missing.slice(1).map((key) => columns[key].heading);
  return others.length ? `and ${others.join(', ')}` : undefined;
}
