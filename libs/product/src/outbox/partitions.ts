import pg from 'pg';

import { IN_PAGE, PARTITION_ROWS, UNVACUUMED } from '../migrations/outbox.js';

/** A change of partitions waits this long for its lock at most, because inserts queue behind it. */
const LOCK_TIMEOUT = '100ms';

type Partition = { name: string; until: number };

/**
 * Makes the next partition once the last but one is in use, and drops partitions that every shard's cursor
 * has passed. On a connection of its own, so that waiting for a lock holds up no shard.
 * Throws if a lock was not to be had in time; nothing is lost, it is tried again.
 */
export async function keepPartitions(
  databaseUrl: string,
): Promise<{ made: number; dropped: number }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`SET lock_timeout = '${LOCK_TIMEOUT}'`);
    const partitions = await partitionsOf(client);
    const last = partitions[partitions.length - 1]?.until ?? 0;
    const given = await lastPosition(client);
    return {
      made:
        given > last - PARTITION_ROWS ? await makeNext(client, Math.max(last, roundUp(given))) : 0,
      dropped: await dropPassed(client, partitions.slice(0, -1)),
    };
  } finally {
    await client.end();
  }
}

async function partitionsOf(client: pg.Client): Promise<Partition[]> {
  const found = await client.query<{ name: string; until: string }>(
    `SELECT c.relname AS name,
            substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \\(''?(\\d+)''?\\)') AS until
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'outbox'::regclass`,
  );
  return found.rows
    .filter((row) => row.until !== null)
    .map((row) => ({ name: row.name, until: Number(row.until) }))
    .sort((a, b) => a.until - b.until);
}

/** The last position given out, committed or not. */
async function lastPosition(client: pg.Client): Promise<number> {
  const found = await client.query<{ last: string }>(
    `SELECT last_value AS last FROM outbox_pos_seq`,
  );
  return Number(found.rows[0]!.last);
}

/** Positions already in the default partition stay there; the next partition begins above them. */
const roundUp = (position: number): number =>
  Math.ceil((position + 1) / PARTITION_ROWS) * PARTITION_ROWS;

async function makeNext(client: pg.Client, from: number): Promise<number> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS outbox_p${from / PARTITION_ROWS} PARTITION OF outbox
       FOR VALUES FROM (${from}) TO (${from + PARTITION_ROWS}) WITH (${IN_PAGE}, ${UNVACUUMED})`,
  );
  return 1;
}

/**
 * A shard without rows would stay behind for ever and keep every partition. Positions become visible in their
 * order, so a shard that has none above its cursor has passed whatever position is visible now.
 */
async function moveIdle(client: pg.Client): Promise<void> {
  await client.query(
    `UPDATE outbox_cursor c SET pos = seen.pos, moved_at = now()
     FROM (SELECT max(last.pos) AS pos FROM outbox_cursor s, LATERAL (
       SELECT o.pos FROM outbox o WHERE o.shard = s.shard ORDER BY o.pos DESC LIMIT 1) last) seen
     WHERE seen.pos > c.pos AND NOT EXISTS (SELECT FROM outbox o WHERE o.shard = c.shard AND o.pos > c.pos)`,
  );
}

async function dropPassed(client: pg.Client, partitions: Partition[]): Promise<number> {
  await moveIdle(client);
  const found = await client.query<{ pos: string | null }>(
    `SELECT min(pos) AS pos FROM outbox_cursor`,
  );
  const passed = Number(found.rows[0]?.pos ?? 0);
  const over = partitions.filter(({ until }) => until - 1 <= passed);
  for (const { name } of over) await client.query(`DROP TABLE ${name}`);
  // Rows that found no partition of their own (it could not be made in time) are few; they alone are deleted.
  await client.query(`DELETE FROM outbox_rest WHERE pos <= $1`, [passed]);
  return over.length;
}
