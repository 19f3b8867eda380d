import type { DataSource } from 'typeorm';

import { platformErrors } from '../errors.js';
import { problem } from '../faults/problem.js';

// One number for all services: each has its own database, and the lock is per database.
const MIGRATION_LOCK = 5_310_001;

/**
 * Runs what is missing of the data source's migrations under an advisory lock, so that two processes
 * that start at once do not both try. The lock belongs to a connection of its own and goes with it,
 * also when the process is killed. Throws MESH-5004 where somebody newer was here: what an older service does not know of a
 * table it would leave out, and nobody would notice.
 */
export async function migrate(dataSource: DataSource, url: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await refuseNewer(dataSource);
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await client.end();
  }
}

async function refuseNewer(dataSource: DataSource): Promise<void> {
  const [table] = await dataSource.query<{ found: string | null }[]>(
    `SELECT to_regclass('migrations') AS found`,
  );
  if (!table?.found) return;
  const known = new Set(dataSource.migrations.map((one) => one.name ?? one.constructor.name));
  const ran = await dataSource.query<{ name: string }[]>(`SELECT name FROM migrations ORDER BY id`);
  const newer = ran.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (newer.length > 0) throw problem(platformErrors.databaseNewer, newer.join(', '));
}
