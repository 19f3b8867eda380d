import pg from 'pg';

/** The lock under which positions are given out (trigger `outbox_in_order`). */
const POSITIONS_LOCK = 5_310_002;

/**
 * Sees to it that the next position lies above every cursor and every row. A logical copy of a database (replication
 * that was promoted, tables restored one by one) does not bring its sequences along: positions would begin at 1
 * again, below the cursors, where no relay ever looks.
 */
export async function keepAhead(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT pg_advisory_xact_lock(${POSITIONS_LOCK})`);
    await client.query(
      `SELECT setval('outbox_pos_seq', used.pos) FROM outbox_pos_seq s, (
         SELECT max(greatest(c.pos, last.pos)) AS pos FROM outbox_cursor c LEFT JOIN LATERAL (
           SELECT o.pos FROM outbox o WHERE o.shard = c.shard ORDER BY o.pos DESC LIMIT 1) last ON true) used
       WHERE used.pos > s.last_value OR (used.pos = s.last_value AND NOT s.is_called)`,
    );
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}
