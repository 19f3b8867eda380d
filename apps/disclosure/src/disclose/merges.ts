import { headers as ce } from '@caremesh/contract';
import { splitWire, withSchemaId } from '@caremesh/product';
import type { ClientBase, Pool } from 'pg';

import type { ViewPlan } from '../views/plan.js';
import type { ProductReceived } from './product-record.js';
import type { Outgoing } from './rewrite.js';
import { reserve } from './view-people.js';

/**
 * The old side of a merge names its survivor, whom the view may not know yet: the survivor's records lie in another
 * partition. It waits here, already de-identified, and goes out when the survivor has appeared.
 */
export async function holdMerge(
  client: ClientBase,
  viewId: number,
  record: Extract<ProductReceived, { change: 'merged' }>,
  outgoing: Outgoing,
): Promise<void> {
  const { key, headers, value } = outgoing;
  await client.query(
    `INSERT INTO view_merge (view_id, survivor, source_key, headers, value) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (view_id, survivor, source_key) DO UPDATE SET headers = excluded.headers, value = excluded.value`,
    [viewId, record.survivor, record.key.text, JSON.stringify({ key, headers }), value],
  );
}

type Row = {
  view_id: number;
  topic: string;
  survivor: string;
  source_key: string;
  pseudonym: string;
  live: boolean;
  headers: { key: string; headers: [string, string][] };
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

/**
 * Takes the merges that can go out now, and gives them back for the outbox of the same transaction. Where the old
 * record was deleted while its merge waited, the deletion follows, so that the last word stays the last.
 */
export async function releaseMerges(
  client: ClientBase,
  planOf: (topic: string) => Promise<ViewPlan | null>,
): Promise<Outgoing[]> {
  const { rows } = await client.query<Row>(
    `DELETE FROM view_merge m USING view_person p, view v, view_record r
     WHERE p.view_id = m.view_id AND p.source_person = m.survivor AND v.id = m.view_id AND v.active
       AND r.view_id = m.view_id AND r.source_key = m.source_key
     RETURNING m.view_id, v.topic, m.survivor, m.source_key, p.pseudonym, r.live, m.headers, m.value`,
  );
  const outgoing: Outgoing[] = [];
  for (const row of rows) {
    const plan = await planOf(row.topic);
    if (plan !== null) outgoing.push(...(await released(client, row, plan)));
  }
  return outgoing;
}

/** Numbered now, not when it was held: later records of the person have gone out meanwhile. */
async function released(client: ClientBase, row: Row, plan: ViewPlan): Promise<Outgoing[]> {
  const { topic, live, value } = row;
  const { key, headers } = row.headers;
  const sourcePerson = row.source_key.slice(0, row.source_key.indexOf('.'));
  const pseudonym = key.slice(0, key.indexOf('.'));
  const viewId = row.view_id;
  const wanted = { viewId, person: sourcePerson, pseudonym, count: live ? 1 : 2 };
  const people = await reserve(client, [wanted]);
  const { sequence } = people.of(viewId, sourcePerson)!;
  const avro = plan.encode({ ...plan.decode(splitWire(value)!.avro), survivorKey: row.pseudonym });
  const merged: Outgoing = {
    topics: [topic],
    key,
    value: withSchemaId(plan.schemaId, avro),
    headers: withHeader(headers, ce.HEADERS.sequence, String(sequence + 1)),
  };
  if (live) return [merged];
  const id = headers.find(([name]) => name === ce.HEADERS.id)![1];
  const numbered = withHeader(headers, ce.HEADERS.sequence, String(sequence + 2));
  const withdrawn = withHeader(numbered, ce.HEADERS.id, plan.names.event(`${id} withdrawn`));
  return [merged, { ...merged, value: null, headers: withdrawn }];
}

function withHeader(
  headers: readonly [string, string][],
  name: string,
  text: string,
): [string, string][] {
  return headers.map(([found, held]) => [found, found === name ? text : held]);
}
