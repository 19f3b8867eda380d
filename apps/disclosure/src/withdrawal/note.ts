import type { ClientBase } from 'pg';

/**
 * A record that ended in a view: its key at the publisher, the one the recipient knows it by, and the revision with which it
 * ended; a higher one that is live says that it is there again.
 */
export type Ended = { viewId: number; sourceKey: string; key: string; revision: number };

/** Notes what the next announcements tell the views' recipients, in the transaction that ends it. */
export async function noteEnded(
  client: Pick<ClientBase, 'query'>,
  ended: readonly Ended[],
): Promise<void> {
  if (ended.length === 0) return;
  await client.query(
    `INSERT INTO withdrawn (view_id, source_key, key, revision)
     SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[])`,
    [
      ended.map(({ viewId }) => viewId),
      ended.map(({ sourceKey }) => sourceKey),
      ended.map(({ key }) => key),
      ended.map(({ revision }) => revision),
    ],
  );
}
