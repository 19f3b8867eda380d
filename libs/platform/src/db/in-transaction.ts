import type { Pool, PoolClient } from 'pg';

/**
 * Work in one transaction on a connection of its own: committed when it resolves; rolled back when it throws, and what it threw is thrown.
 * A connection that ended, or could not even be rolled back, is not given to the next: its transaction would go on with what that one writes.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  /** How it begins, where that is not plain: `BEGIN ISOLATION LEVEL REPEATABLE READ`. */
  { begin = 'BEGIN' }: { begin?: string } = {},
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const breaks = (error: Error) => void (broken ??= error);
  // The pool listens to idle ones alone: of a connection that ends between two statements nobody would hear, and the process would end.
  client.on('error', breaks);
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(breaks);
    throw error;
  } finally {
    client.release(broken);
    client.off('error', breaks);
  }
}
