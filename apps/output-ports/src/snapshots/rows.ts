import type { PoolClient } from 'pg';
import pg from 'pg';

import type { Column } from '../live/columns.js';
import { KEY_COLUMN } from '../live/columns.js';
import { qualified } from '../live/live-set.js';
import type { LiveTable } from '../live/live-set.js';

const { escapeIdentifier: name } = pg;

/** A row as PostgreSQL's text: a day is the days since 1970, a moment the milliseconds since then. */
export type TextRow = (string | null)[];

/** The columns of a table, its key first. */
export const columnsWithKey = (columns: readonly Column[]): Column[] => [
  { field: KEY_COLUMN, column: KEY_COLUMN, type: 'text' },
  ...columns,
];

// Parsing into JavaScript's types, half of them to be printed again, would cost more than everything else here.
const AS_TEXT = { getTypeParser: () => (value: string) => value };

/**
 * All rows of a table, `chunkRows` at a time, through a cursor in the transaction at hand. The caller's transaction must be
 * REPEATABLE READ for what else it reads to be of the same moment.
 */
export async function* rowsOf(
  client: PoolClient,
  { schemaName, tableName, columns }: LiveTable,
  chunkRows: number,
): AsyncGenerator<TextRow[]> {
  const shown = columnsWithKey(columns).map(({ column, type }) => {
    if (type === 'date') return `${name(column)} - date '1970-01-01'`;
    if (type === 'timestamptz') return `(extract(epoch FROM ${name(column)}) * 1000)::bigint`;
    return name(column);
  });
  await client.query(
    `DECLARE snapshot_rows NO SCROLL CURSOR FOR SELECT ${shown.join(', ')} FROM ${qualified(schemaName, tableName)}`,
  );
  for (;;) {
    const { rows } = await client.query<TextRow>({
      text: `FETCH ${chunkRows} FROM snapshot_rows`,
      rowMode: 'array',
      types: AS_TEXT,
    });
    if (rows.length === 0) break;
    yield rows;
  }
  await client.query('CLOSE snapshot_rows');
}
