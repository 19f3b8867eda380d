import { fitting } from './names.js';

/** Types a column may have: what Avro has, as PostgreSQL says it. Whatever has parts is `jsonb`. */
export type ColumnType =
  'text' | 'boolean' | 'integer' | 'bigint' | 'double precision' | 'date' | 'timestamptz' | 'jsonb';

/** A field of a view and the column that holds it. */
export type Column = { field: string; column: string; type: ColumnType };

/** Kafka's message key: what a row is known by, in the stream too. */
export const KEY_COLUMN = 'record_key';

type AvroField = { name: string; type: unknown };
type AvroNode = { type?: unknown; logicalType?: string };

const PLAIN: Record<string, ColumnType> = {
  string: 'text',
  boolean: 'boolean',
  int: 'integer',
  long: 'bigint',
  float: 'double precision',
  double: 'double precision',
};

/**
 * The columns of a view's Avro schema, in its order. Names are the fields' own in SQL's way (`medicationCode` becomes
 * `medication_code`); a field whose name would then be taken keeps its own; what is too long for PostgreSQL is shortened. Pure.
 */
export function columnsOf(schema: object): Column[] {
  const taken = new Set([KEY_COLUMN]);
  const { fields } = schema as { fields: AvroField[] };
  return fields.map(({ name: field, type }) => {
    const snake = field.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
    const short = fitting(snake);
    const column = taken.has(short) ? fitting(field) : short;
    taken.add(column);
    return { field, column, type: typeOf(type) };
  });
}

function typeOf(type: unknown): ColumnType {
  if (Array.isArray(type)) {
    const [one, ...others] = type.filter((branch) => branch !== 'null');
    return others.length === 0 && one !== undefined ? typeOf(one) : 'jsonb';
  }
  if (typeof type === 'string') return PLAIN[type] ?? 'jsonb';
  const { type: inner, logicalType } = type as AvroNode;
  if (logicalType === 'date') return 'date';
  if (logicalType === 'timestamp-millis') return 'timestamptz';
  if (inner === 'enum') return 'text';
  return typeof inner === 'string' ? (PLAIN[inner] ?? 'jsonb') : typeOf(inner);
}

const DAY_MS = 86_400_000;

/**
 * A decoded value as JSON that PostgreSQL reads into these columns: days and moments as ISO 8601 text. Pure.
 */
export function rowOf(
  columns: readonly Column[],
  key: string,
  value: Record<string, unknown>,
): Record<string, unknown> {
  const row: Record<string, unknown> = { [KEY_COLUMN]: key };
  for (const { field, column, type } of columns) row[column] = cellOf(type, value[field] ?? null);
  return row;
}

function cellOf(type: ColumnType, value: unknown): unknown {
  if (value === null) return null;
  if (type === 'date') return isoOf((value as number) * DAY_MS)?.slice(0, 10) ?? null;
  if (type === 'timestamptz') return isoOf(value as number);
  // JSON has no NaN and no infinity; PostgreSQL reads both from text.
  if (type === 'double precision') return Number.isFinite(value) ? value : String(value);
  return value;
}

/** A moment that no year of four digits has is null: no table and no file could say it, and it must hold up nothing behind it. */
function isoOf(moment: number): string | null {
  const at = new Date(moment);
  const year = at.getUTCFullYear();
  return year >= 1 && year <= 9999 ? at.toISOString() : null;
}

/** PostgreSQL's text has no U+0000: one that a source let through must not hold up everything behind it. */
export function rowsAsJson(rows: readonly Record<string, unknown>[]): string {
  const text = JSON.stringify(rows);
  if (!text.includes(String.raw`\u0000`)) return text;
  // Escapes are read whole, so that a backslash before what looks like one stays a backslash.
  return text.replaceAll(/\\(u0000|.)/g, (whole, what) => (what === 'u0000' ? '\uFFFD' : whole));
}
