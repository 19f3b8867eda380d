import type { DataSource } from 'typeorm';

// One number for all services: each has its own database, and the lock is per database.
const MIGRATION_LOCK = 5_310_001;

/**
 * Runs what is missing of the data source's migrations under an advisory lock, so that two processes
 * that start at once do not both try. The lock belongs to a connection of its own and goes with it,
 * also when the process is killed.
 */
export async function migrate(dataSource: DataSource, url: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await client.end();
  }
}
