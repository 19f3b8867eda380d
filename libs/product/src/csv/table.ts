import Papa from 'papaparse';
import { fault, IntakeRefused, ProductError } from '../errors.js';
import type { Fault, FaultName } from '../errors.js';
import { layOut, noticesOf, separatorFault, sharedHeading } from './header.js';
import type { Columns, Layout } from './header.js';
import { RecordCutter } from './lines.js';
import type { RawRecord } from './lines.js';
import { decoded, REPLACEMENT } from './text.js';

/** The values of a row by column; a column the file does not have, or has no value in (or the word NULL), is ''. */
export type Values<K extends string> = Record<K, string>;
/**
 * A row read, or why it could not be. `place` is its line in the file, in words; `preamble` the file's header line:
 * before `raw` it makes a file of this one row.
 */
export type CsvRow<K extends string> = { raw: string; preamble: string; place: string } & (
  { values: Values<K>; errors?: undefined } | { values?: undefined; errors: Fault[] }
);

export type CsvTable<K extends string> = {
  name: string;
  columns: Columns<K>;
  /** The path of a fault in a column: its heading, after the table's name if it has one. */
  pathOf(key: K): string;
  /**
   * Reads a file of this table, in batches as its bytes come.
   * @param notice told of what is odd about the file and does no harm, such as a column that is not read.
   * @throws IntakeRefused if not even its header can be used.
   */
  read(
    body: AsyncIterable<Uint8Array>,
    charset?: string,
    notice?: (found: Fault) => void,
  ): AsyncGenerator<CsvRow<K>[]>;
};

/**
 * Says what a table's columns are called, in the order of its specification. `name` is '' for a source of one table;
 * `unread` are headings of the specification that are none of the intake's business.
 * @throws ProductError `definitionInvalid` if two columns share a heading: one would be read in place of the other.
 */
export function csvTable<K extends string>(
  name: string,
  columns: Columns<K>,
  unread: readonly string[] = [],
): CsvTable<K> {
  const shared = sharedHeading(columns);
  if (shared) {
    throw new ProductError('definitionInvalid', `${name}: ${shared.join(' and ')} share a heading`);
  }
  const pathOf = (heading: string): string =>
    [name, heading].filter(Boolean).join('.') || 'header row';
  return {
    name,
    columns,
    pathOf: (key) => pathOf(columns[key].heading),
    read: (body, charset, notice = () => undefined) =>
      rowsOf({ name, columns, unread, pathOf, notice }, body, charset),
  };
}

/* A header that cannot be used is thrown only when the body has been read to its end. */
async function* rowsOf<K extends string>(
  table: Opening<K>,
  body: AsyncIterable<Uint8Array>,
  charset?: string,
): AsyncGenerator<CsvRow<K>[]> {
  let file: OpenFile<K> | null = null;
  const cutter = new RecordCutter((text) => !file || fieldsOf(text)?.length === file.layout.width);
  const read = (records: Iterable<RawRecord>): CsvRow<K>[] => {
    const rows: CsvRow<K>[] = [];
    for (const record of records) {
      if (record.text.trim() === '') continue;
      if (!file) file = openFile(table, record);
      else {
        const row = rowOf(file, record);
        if (row) rows.push(row);
      }
    }
    return rows;
  };
  let refused: unknown = null;
  for await (const text of decoded(body, charset, table.pathOf(''))) {
    // Read on to the end: the next part of a form comes only after this one.
    if (refused) continue;
    try {
      const rows = read(cutter.take(text));
      if (rows.length) yield rows;
    } catch (error) {
      refused = error;
    }
  }
  if (refused) throw refused;
  const rows = read(cutter.end());
  if (!file) throw new IntakeRefused(fault('bodyEmpty', table.pathOf('')));
  if (rows.length) yield rows;
}

type OpenFile<K extends string> = {
  name: string;
  preamble: string;
  layout: Layout<K>;
};

type Opening<K extends string> = {
  name: string;
  columns: Columns<K>;
  unread: readonly string[];
  pathOf: (heading: string) => string;
  notice: (found: Fault) => void;
};

function openFile<K extends string>(
  { name, columns, unread, pathOf, notice }: Opening<K>,
  { text, broken }: RawRecord,
): OpenFile<K> {
  const refuse = (wrong: Fault): never => {
    throw new IntakeRefused(wrong);
  };
  if (text.includes('\0')) refuse(fault('encodingUtf16', pathOf('')));
  if (text.includes(REPLACEMENT)) refuse(fault('encodingNotUtf8', pathOf('')));
  const header = broken ? null : fieldsOf(text);
  if (!header)
    return refuse(separatorFault(columns, text, pathOf) ?? fault('csvHeaderMissing', pathOf('')));
  const layout = layOut(columns, header, pathOf);
  if (Array.isArray(layout)) return refuse(separatorFault(columns, text, pathOf) ?? layout[0]!);
  for (const found of noticesOf(columns, unread, header, pathOf)) notice(found);
  return { name, preamble: `${text}\r\n`, layout };
}

/** Null for a row without any value, however many commas it has: the empty rows a spreadsheet leaves at its end. */
function rowOf<K extends string>(file: OpenFile<K>, record: RawRecord): CsvRow<K> | null {
  const head = { raw: record.text, preamble: file.preamble, place: `line ${record.line}` };
  const fields = fieldsOf(record.text);
  if (!record.broken && fields?.every(isEmpty)) return null;
  const wrong = record.broken ?? faultOfRow(file, record.text, fields);
  if (wrong || !fields) {
    const path = file.name || head.place;
    const { width } = file.layout;
    const detail = wrong === 'csvRowLength' ? `${fields!.length} instead of ${width}` : undefined;
    return { ...head, errors: [fault(wrong ?? 'csvQuotingBroken', path, detail)] };
  }
  return { ...head, values: valuesOf(file.layout, fields) };
}

const isEmpty = (field: string): boolean => field.trim() === '';

function faultOfRow<K extends string>(
  file: OpenFile<K>,
  text: string,
  fields: string[] | null,
): FaultName | null {
  if (text.includes(REPLACEMENT)) return 'encodingNotUtf8';
  if (text.includes('\0')) return 'textInvalid';
  return fields && fields.length !== file.layout.width ? 'csvRowLength' : null;
}

/** The values asked for. */
function valuesOf<K extends string>({ keys, positions }: Layout<K>, fields: string[]): Values<K> {
  const values = {} as Values<K>;
  for (let i = 0; i < keys.length; i++) {
    const position = positions[i]!;
    const value = position < 0 ? '' : unwrapped(fields[position]!.trim());
    values[keys[i]!] = isNull(value) ? '' : value;
  }
  return values;
}

const APOSTROPHE = 39;
const EQUALS = 61;
const KEPT_AS_TEXT = /^(?:="([^"]*)"|'([^']*\d[^']*))$/;

/**
 * A value without what makes a spreadsheet program keep it as text, which is no part of it: `="00123"`, or an apostrophe before
 * something with digits.
 */
function unwrapped(value: string): string {
  const first = value.charCodeAt(0);
  if (first !== APOSTROPHE && first !== EQUALS) return value;
  const kept = KEPT_AS_TEXT.exec(value);
  return kept ? (kept[1] ?? kept[2]!).trim() : value;
}

/** Databases' exports write the word for no value; as a value it would make one person of all who have none. */
const isNull = (value: string): boolean => value.length === 4 && value.toUpperCase() === 'NULL';

const RFC_4180 = { delimiter: ',', newline: '\n' } as const;

/** The values of a record, or null if its quotes are broken. */
function fieldsOf(text: string): string[] | null {
  if (!text.includes('"')) return text.split(',');
  const { data, errors } = Papa.parse<string[]>(text, RFC_4180);
  return errors.length === 0 && data.length === 1 ? data[0]! : null;
}
