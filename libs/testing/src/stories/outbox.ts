import pg from 'pg';
import type { Mesh } from '../start-mesh.js';
import { secretAt } from './reader.js';

/**
 * Whether all that a domain or service committed stands in its topics, by its own database: what it acknowledged it may not have
 * sent yet.
 */
export async function hasSentAll(mesh: Mesh, database: string): Promise<boolean> {
  const { port } = mesh.status().components.find(({ name }) => name === 'postgresql')!;
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: port!, user: database, database },
    password: secretAt(mesh.home, `db-${database}`),
  });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `SELECT FROM outbox o LEFT JOIN outbox_cursor c USING (shard) WHERE o.pos > coalesce(c.pos, 0) LIMIT 1`,
    );
    return rowCount === 0;
  } finally {
    await client.end();
  }
}
