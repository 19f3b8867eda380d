type Field = { name: string; type: unknown };
type Node = { type?: unknown; logicalType?: string; items?: unknown; fields?: Field[] };
/** Live rows by key: each a line that says the same wherever the value comes from. */
export type Live = Map<string, string>;

const DAY_MS = 86_400_000;

/** Rows as a table has them: `record_key`, and columns named in SQL's way. */
export function liveRows(schema: object, rows: readonly Record<string, unknown>[]): Live {
  const { fields } = schema as { fields: Field[] };
  return new Map(
    rows.map((row) => {
      const cells = fields.map(({ name, type }) => canonical(type, row[columnOf(name)]));
      return [String(row['record_key']), JSON.stringify(cells)];
    }),
  );
}

/** Records as the stream has them: the last value of each key, without those that a tombstone ended. */
export function liveRecords(
  schema: object,
  records: readonly { key: string; value: Record<string, unknown> | null }[],
): Live {
  const { fields } = schema as { fields: Field[] };
  const live: Live = new Map();
  for (const { key, value } of records) {
    if (value === null) live.delete(key);
    else
      live.set(key, JSON.stringify(fields.map(({ name, type }) => canonical(type, value[name]))));
  }
  return live;
}

const columnOf = (field: string): string =>
  field.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/** A value of an Avro type as one text or number, whether a client gave it as text, as a number or as JSON in a text. */
function canonical(type: unknown, value: unknown): unknown {
  // CSV as R reads it makes no difference between an empty text and none.
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(type))
    return canonical(
      type.find((branch) => branch !== 'null'),
      value,
    );
  const {
    type: inner,
    logicalType,
    items,
    fields,
  } = (typeof type === 'string' ? { type } : type) as Node;
  if (logicalType === 'date') return dayOf(value);
  if (logicalType === 'timestamp-millis') return momentOf(value);
  if (inner === 'array') return (parsed(value) as unknown[]).map((item) => canonical(items, item));
  if (inner === 'record') {
    const record = parsed(value) as Record<string, unknown>;
    return fields!.map((field) => canonical(field.type, record[field.name]));
  }
  if (inner === 'boolean') return String(value) === 'true';
  if (inner === 'string' || inner === 'enum') return value;
  return typeof inner === 'string' ? Number(value) : canonical(inner, value);
}

const parsed = (value: unknown): unknown =>
  typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
const dayOf = (value: unknown): string =>
  typeof value === 'number'
    ? new Date(value * DAY_MS).toISOString().slice(0, 10)
    : String(value).slice(0, 10);
const momentOf = (value: unknown): string =>
  new Date(typeof value === 'number' ? value : String(value)).toISOString();
