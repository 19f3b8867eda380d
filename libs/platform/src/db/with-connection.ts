import type { Pool, PoolClient } from 'pg';

/**
 * A connection of the pool for as long as the work takes. One that ended meanwhile, or that the work says is broken (`breaks`), is not given
 * to the next. The pool listens to idle ones alone: of one that ends between two statements nobody else would hear, and the
 * process would end with it.
 */
export async function withConnection<T>(
  pool: Pool,
  work: (client: PoolClient, breaks: (error: Error) => void) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const breaks = (error: Error) => void (broken ??= error);
  client.on('error', breaks);
  try {
    return await work(client, breaks);
  } finally {
    client.release(broken);
    client.off('error', breaks);
  }
}
