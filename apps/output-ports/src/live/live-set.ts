import { inTransaction } from '@caremesh/platform';
import type { InspectedBatch } from '@caremesh/product';
import pg from 'pg';
import type { Pool, PoolClient } from 'pg';

import { KEY_COLUMN, rowOf, rowsAsJson } from './columns.js';
import type { Column } from './columns.js';

const { escapeIdentifier: name } = pg;

/** Where the live records of a view are. */
export type LiveTable = { topic: string; schemaName: string; tableName: string; columns: Column[] };

/** The table in each recipient's schema that says what the others are, and where they stand. */
export const ABOUT = 'about';

/** A table’s name with its schema, both quoted for SQL. */
export const qualified = (schema: string, table: string): string =>
  `${name(schema)}.${name(table)}`;

/**
 * The live set of each view: for every key the last value that is no tombstone, as the stream's own compaction would leave
 * it. A batch, the positions it reaches and what the recipient is told of them commit together, so whoever reads a table
 * and `about` in one snapshot knows exactly which offsets the rows stand at.
 */
export class LiveSet {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Takes a batch of a view's topic; what was taken before changes nothing, and neither does a view that has ended. */
  async take(topic: string, filling: number, batch: InspectedBatch): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      const table = await lockTable(client, topic, filling);
      if (table === null) return;
      const before = await positions(client, batch);
      const fresh = batch.records.filter(
        ({ origin }) => origin.offset >= (before.get(origin.partition) ?? 0n),
      );
      const { live, gone } = outcomeOf(table.columns, fresh);
      const removed = await remove(client, table, gone);
      await upsert(client, table, live);
      await advance(client, table, batch, fresh, removed);
    });
  }
}

/** Null once the view has ended, or is filled anew by another reader. */
async function lockTable(
  client: PoolClient,
  topic: string,
  filling: number,
): Promise<LiveTable | null> {
  const { rows } = await client.query<LiveTable>(
    `SELECT topic, schema_name AS "schemaName", table_name AS "tableName", columns
       FROM port_view WHERE topic = $1 AND filling = $2 FOR SHARE`,
    [topic, filling],
  );
  return rows[0] ?? null;
}

async function positions(client: PoolClient, { topic, next }: InspectedBatch) {
  const partitions = [...next.keys()].sort((a, b) => a - b);
  await client.query(
    `INSERT INTO port_position (topic, partition, next_offset)
     SELECT $1, unnest($2::integer[]), 0 ON CONFLICT DO NOTHING`,
    [topic, partitions],
  );
  const { rows } = await client.query<{ partition: number; next: string }>(
    `SELECT partition, next_offset AS next FROM port_position
      WHERE topic = $1 AND partition = ANY($2) ORDER BY partition FOR UPDATE`,
    [topic, partitions],
  );
  return new Map(rows.map((row) => [row.partition, BigInt(row.next)]));
}

/** What is left of a batch: the last word on each key. One key is always in one partition, and that in order. Pure. */
function outcomeOf(columns: readonly Column[], records: InspectedBatch['records']) {
  const live = new Map<string, Record<string, unknown>>();
  const gone = new Set<string>();
  for (const { key, change, value } of records) {
    live.delete(key.text);
    gone.delete(key.text);
    if (change === 'deleted') gone.add(key.text);
    else live.set(key.text, rowOf(columns, key.text, value as Record<string, unknown>));
  }
  return { live: [...live.values()], gone: [...gone] };
}

/** How many rows there were. */
async function remove(client: PoolClient, table: LiveTable, keys: string[]): Promise<number> {
  if (keys.length === 0) return 0;
  const { schemaName, tableName } = table;
  const { rowCount } = await client.query(
    `DELETE FROM ${qualified(schemaName, tableName)} WHERE ${KEY_COLUMN} = ANY($1)`,
    [keys],
  );
  return rowCount ?? 0;
}

async function upsert(
  client: PoolClient,
  { schemaName, tableName, columns }: LiveTable,
  rows: Record<string, unknown>[],
): Promise<void> {
  if (rows.length === 0) return;
  const columnNames = [KEY_COLUMN, ...columns.map(({ column }) => name(column))];
  const typed = [
    `${KEY_COLUMN} text`,
    ...columns.map(({ column, type }) => `${name(column)} ${type}`),
  ];
  const updates = columns.map(({ column }) => `${name(column)} = excluded.${name(column)}`);
  await client.query(
    `INSERT INTO ${qualified(schemaName, tableName)} (${columnNames.join(', ')})
     SELECT ${columnNames.join(', ')} FROM json_to_recordset($1::json) AS news (${typed.join(', ')})
     ON CONFLICT (${KEY_COLUMN}) DO UPDATE SET ${updates.join(', ')}`,
    [rowsAsJson(rows)],
  );
}

async function advance(
  client: PoolClient,
  { topic, schemaName, tableName }: LiveTable,
  { next }: InspectedBatch,
  fresh: InspectedBatch['records'],
  removed: number,
): Promise<void> {
  await client.query(
    `UPDATE port_position SET next_offset = greatest(next_offset, news.next)
       FROM unnest($2::integer[], $3::bigint[]) AS news (partition, next)
      WHERE topic = $1 AND port_position.partition = news.partition`,
    [topic, [...next.keys()], [...next.values()].map(String)],
  );
  const newest = fresh.reduce(
    (at, { origin }) => (origin.timestamp > at ? origin.timestamp : at),
    0n,
  );
  await client.query(
    `UPDATE ${qualified(schemaName, ABOUT)} SET as_of = greatest(as_of, to_timestamp($3::double precision / 1000)),
       offsets = (SELECT jsonb_object_agg(partition, next_offset) FROM port_position WHERE topic = $1)
      WHERE table_name = $2`,
    [topic, tableName, newest === 0n ? null : String(newest)],
  );
  await client.query(
    'UPDATE port_view SET changed_at = now(), removals = removals + $2 WHERE topic = $1',
    [topic, removed],
  );
}
