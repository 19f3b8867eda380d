import type { RecordEnvelope, WrittenRecord } from '@caremesh/product';
import type { ClientBase, Pool } from 'pg';

import type { ViewPlan } from '../views/plan.js';
import type { ProductReceived } from './product-record.js';
import { outgoing } from './rewrite.js';
import { reserve } from './view-people.js';

/**
 * The old side of a merge names its survivor, whom the view may not know yet: the survivor's records lie in another
 * partition. It waits here, already de-identified, and goes out when the survivor has appeared.
 */
export async function holdMerge(
  client: ClientBase,
  viewId: number,
  record: Extract<ProductReceived, { change: 'merged' }>,
  { value, ...envelope }: RecordEnvelope,
): Promise<void> {
  await client.query(
    `INSERT INTO view_merge (view_id, survivor, source_key, envelope, value) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (view_id, survivor, source_key) DO UPDATE SET envelope = excluded.envelope, value = excluded.value`,
    [viewId, record.survivor, record.key.text, JSON.stringify(envelope), value],
  );
}

/** A merge of a record that ended, whatever ended it, waits for nobody any more. */
export async function dropWaiting(
  client: ClientBase,
  ended: readonly { viewId: number; key: string }[],
): Promise<void> {
  if (ended.length === 0) return;
  await client.query(
    `DELETE FROM view_merge m USING unnest($1::int[], $2::text[]) AS gone (view, key)
     WHERE m.view_id = gone.view AND m.source_key = gone.key`,
    [ended.map(({ viewId }) => viewId), ended.map(({ key }) => key)],
  );
}

type Row = {
  view_id: number;
  topic: string;
  survivor: string;
  source_key: string;
  pseudonym: string;
  envelope: Omit<RecordEnvelope, 'value'>;
  value: Buffer;
};

/** True if a merge waits whose survivor is known by now. */
export async function mergesAreReady(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ ready: boolean }>(
    `SELECT EXISTS (SELECT FROM view_merge m JOIN view_person p
       ON p.view_id = m.view_id AND p.source_person = m.survivor) AS ready`,
  );
  return rows[0]!.ready;
}

/** Takes the merges that can go out now, and gives them back for the outbox of the same transaction. */
export async function releaseMerges(
  client: ClientBase,
  planOf: (topic: string) => Promise<ViewPlan | null>,
): Promise<WrittenRecord[]> {
  const { rows } = await client.query<Row>(
    `DELETE FROM view_merge m USING view_person p, view v
     WHERE p.view_id = m.view_id AND p.source_person = m.survivor AND v.id = m.view_id AND v.active
     RETURNING m.view_id, v.topic, m.survivor, m.source_key, p.pseudonym, m.envelope, m.value`,
  );
  const all: WrittenRecord[] = [];
  for (const row of rows) {
    const plan = await planOf(row.topic);
    if (plan !== null) all.push(await released(client, row, plan));
  }
  return all;
}

/** Numbered now, not when it was held: later records of the person have gone out meanwhile. */
async function released(client: ClientBase, row: Row, plan: ViewPlan): Promise<WrittenRecord> {
  const { value, envelope } = row;
  const viewId = row.view_id;
  const person = personOf(row.source_key);
  const wanted = { viewId, person, pseudonym: personOf(envelope.key), count: 1 };
  const people = await reserve(client, [wanted]);
  const { sequence } = people.of(viewId, person)!;
  const merged: RecordEnvelope = {
    ...envelope,
    value: plan.encode({ ...plan.decode(value), survivorKey: row.pseudonym }),
    sequence: sequence + 1,
  };
  return outgoing(plan, merged);
}

/** The person of a message key. */
const personOf = (key: string): string => key.slice(0, key.indexOf('.'));
