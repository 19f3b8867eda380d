import type { Pool, PoolClient } from 'pg';

const LOCK = 'hashtextextended($1, 0)';

/** How a transaction begins; and, where several must not run at once, the name of what they take turns at. */
type Beginning = { begin?: string; turn?: string };

/** Work in one transaction: all of it or nothing. A connection that broke is not given back. */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  { begin = 'BEGIN', turn }: Beginning = {},
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    // Before the transaction: one that waits within it would see the data as they stood when it began to wait.
    if (turn !== undefined) await client.query(`SELECT pg_advisory_lock(${LOCK})`, [turn]);
    await client.query(begin);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((lost: Error) => (broken = lost));
    throw error;
  } finally {
    if (turn !== undefined && broken === undefined) {
      await client
        .query(`SELECT pg_advisory_unlock(${LOCK})`, [turn])
        .catch((lost: Error) => (broken = lost));
    }
    client.release(broken);
  }
}
