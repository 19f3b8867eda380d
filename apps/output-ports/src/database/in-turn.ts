import type { Pool, PoolClient } from 'pg';

const LOCK = 'hashtextextended($1, 0)';

/** How the transaction begins, and the name of what those that must not run at once take turns at. */
type Beginning = { begin: string; turn: string };

/**
 * Work in one transaction, as `inTransaction` of the platform does it, but in its turn. It is not made of that one: the turn is waited for on
 * the same connection, because two of one pool for each who waits could leave none for the one whose turn it is; and before the
 * transaction, because one that waits within it would see the data as they stood when it began to wait.
 */
export async function inTurn<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  { begin, turn }: Beginning,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const breaks = (error: Error) => void (broken ??= error);
  // Of a connection that ends between two statements nobody else hears, and the process would end with it.
  client.on('error', breaks);
  try {
    await client.query(`SELECT pg_advisory_lock(${LOCK})`, [turn]);
    await client.query(begin);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(breaks);
    throw error;
  } finally {
    if (broken === undefined) {
      await client.query(`SELECT pg_advisory_unlock(${LOCK})`, [turn]).catch(breaks);
    }
    client.release(broken);
    client.off('error', breaks);
  }
}
