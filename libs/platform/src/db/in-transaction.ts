import type { Pool, PoolClient } from 'pg';

import { withConnection } from './with-connection.js';

/** How it begins, where that is not plain (`BEGIN ISOLATION LEVEL REPEATABLE READ`); the name of what those that must not run at once take turns at. */
type Beginning = { begin?: string; turn?: string };

const LOCK = 'hashtextextended($1, 0)';

/**
 * Work in one transaction on a connection of its own: committed when it resolves; rolled back when it throws, and what it threw is thrown.
 * A connection that ended, or could not even be rolled back, is not given to the next: its transaction would go on with what that one writes.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  { begin = 'BEGIN', turn }: Beginning = {},
): Promise<T> {
  return withConnection(pool, async (client, breaks) => {
    // On the same connection: two of one pool for each who waits could leave none for the one whose turn it is. And before the
    // transaction: one that waits within it would see the data as they stood when it began to wait.
    if (turn !== undefined) await client.query(`SELECT pg_advisory_lock(${LOCK})`, [turn]);
    try {
      await client.query(begin);
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(breaks);
      throw error;
    } finally {
      if (turn !== undefined)
        await client.query(`SELECT pg_advisory_unlock(${LOCK})`, [turn]).catch(breaks);
    }
  });
}
