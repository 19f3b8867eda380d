import type { ClientBase } from 'pg';

/** A record that ended in a view: its key at the publisher, and the one the recipient knows it by. */
export type Ended = { viewId: number; sourceKey: string; key: string };

/** Notes what the next announcements tell the views' recipients, in the transaction that ends it. */
export async function noteEnded(
  client: Pick<ClientBase, 'query'>,
  ended: readonly Ended[],
): Promise<void> {
  if (ended.length === 0) return;
  await client.query(
    `INSERT INTO withdrawn (view_id, source_key, key) SELECT * FROM unnest($1::int[], $2::text[], $3::text[])`,
    [
      ended.map(({ viewId }) => viewId),
      ended.map(({ sourceKey }) => sourceKey),
      ended.map(({ key }) => key),
    ],
  );
}
