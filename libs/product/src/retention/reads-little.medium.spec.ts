import { openDatabase } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import { expect, it } from 'vitest';

import { domainMigrations } from '../migrations/all.js';
import { keepRetention } from './keep-retention.js';

const ROWS = 50_000;
/** A product whose records nobody ends here: what is looked at is what looking for them reads. */
const KEPT = {
  contract: { product: 'test.product', retention: { period: 'P1Y', records: 'P10Y' } },
  live: { id: 'test.product', major: 1 },
};

it('looks for what is old without reading all that is kept', async () => {
  const place = await testDatabase();
  const { url } = place;
  const database = await openDatabase({
    url,
    entities: [],
    migrations: domainMigrations,
    byKey: true,
  });
  const { pool } = database;
  try {
    await pool.query(
      `INSERT INTO record (record, product, person, revision, retracted, schema_id, content)
       SELECT 'r' || n, 'test.product', 'p' || n, 1, false, 1, decode(repeat('00', 400), 'hex') FROM generate_series(1, ${ROWS}) n`,
    );
    await pool.query(
      `INSERT INTO part_row (key, source, part, digest, held, sealed)
       SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), 'csds', 'CYP201', '', false, decode(repeat('00', 400), 'hex') FROM generate_series(1, ${ROWS}) n`,
    );
    // Sums up what the index of times says, all but its last 128 pages, as autovacuum does.
    await pool.query('VACUUM ANALYZE record');
    await pool.query('VACUUM ANALYZE part_row');
    const before = await readOf(pool);
    await sweepOnce(pool);
    await expect.poll(async () => (await readOf(pool)).scans).toBeGreaterThan(before.scans);
    expect((await readOf(pool)).rows - before.rows).toBeLessThan(ROWS / 10);
  } finally {
    await database.close();
    await place.drop();
  }
});

type Pool = Awaited<ReturnType<typeof openDatabase>>['pool'];

/** How often both tables were looked through by any index or as a whole, and how many rows that read. */
async function readOf(pool: Pool): Promise<{ scans: number; rows: number }> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ scans: number; rows: number }>(
    `SELECT sum(seq_scan + idx_scan)::int AS scans, sum(seq_tup_read + idx_tup_fetch)::int AS rows
     FROM pg_stat_user_tables WHERE relname IN ('record', 'part_row')`,
  );
  return rows[0]!;
}

async function sweepOnce(pool: Pool): Promise<void> {
  const stopping = new AbortController();
  const nothing = async () => undefined;
  const parts = {
    ...{
      pool,
      products: () => [KEPT],
      belowRoots: ['CYP202'],
      holds: { stands: async () => false },
    },
    ...{ submissions: { dropOrphans: nothing }, committer: {}, everyMs: 3_600_000 },
    // The last thing of a sweep but the parts themselves.
    quarantine: { forget: async () => stopping.abort() },
    log: { info: nothing, warn: (detail: object) => expect(detail).toBeNull() },
  };
  await keepRetention(parts as never, stopping.signal);
}
