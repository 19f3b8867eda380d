import type { ClientBase } from 'pg';

import { bareEnd, wasTaken } from './bare-end.js';
import { UNKNOWN_REVISION } from './received.js';
import type { Received } from './received.js';

/**
 * What of a batch is new to a consumer, asked and written down in the transaction of the handler's effect.
 * - `every`: each event once, by its id (`ce_id`).
 * - `latest`: last revision wins per record; an older or equal one is left out, whatever partition or order it came in.
 * - `handler`: the handler keeps revisions itself and is given everything.
 */
export type InboxRule = 'every' | 'latest' | 'handler';

/** Records of the batch that the consumer has not taken before, in the order received. */
export async function takeNew<R>(
  client: ClientBase,
  consumer: string,
  rule: InboxRule,
  records: readonly Received<R>[],
): Promise<Received<R>[]> {
  if (records.length === 0 || rule === 'handler') return [...records];
  return rule === 'every'
    ? takeEvents(client, consumer, records)
    : takeLatest(client, consumer, records);
}

async function takeEvents<R>(
  client: ClientBase,
  consumer: string,
  records: readonly Received<R>[],
): Promise<Received<R>[]> {
  const ids = records.map(({ envelope }) => envelope.id);
  const { rows } = await client.query<{ event_id: string }>(
    // Sorted, so that two consumers of one group that meet in a rebalance never deadlock.
    `INSERT INTO inbox_event (consumer, event_id)
     SELECT DISTINCT $1, id FROM unnest($2::text[]) AS id ORDER BY 2
     ON CONFLICT DO NOTHING RETURNING event_id`,
    [consumer, ids],
  );
  const fresh = new Set(rows.map((row) => row.event_id));
  // delete() is true once per id: the second of two equal ids in one batch is a duplicate.
  return records.filter(({ envelope }) => fresh.delete(envelope.id));
}

async function takeLatest<R>(
  client: ClientBase,
  consumer: string,
  records: readonly Received<R>[],
): Promise<Received<R>[]> {
  const keys = [...new Set(records.map(({ key }) => key.text))].sort(byText);
  await client.query(
    `INSERT INTO inbox_record (consumer, record_key, revision, event_id)
     SELECT $1, key, -1, '' FROM unnest($2::text[]) AS key ON CONFLICT DO NOTHING`,
    [consumer, keys],
  );
  const { rows } = await client.query<HeldRow>(
    `SELECT record_key, revision, event_id, bare_at FROM inbox_record
     WHERE consumer = $1 AND record_key = ANY($2) ORDER BY record_key FOR UPDATE`,
    [consumer, keys],
  );
  const held = new Map(rows.map((row) => [row.record_key, toHeld(row)]));
  const fresh = records.filter((record) => advances(held, record));
  await keep(client, consumer, keys, held);
  return fresh;
}

type Held = { revision: number; eventId: string; bareAt: string | null };
type HeldRow = { record_key: string; revision: string; event_id: string; bare_at: string | null };

const toHeld = (row: HeldRow): Held => ({
  revision: Number(row.revision),
  eventId: row.event_id,
  bareAt: row.bare_at,
});

/** Moves the held revision on, or says false. A tombstone of unknown revision ends the revision held, once. */
function advances<R>(held: Map<string, Held>, { key, envelope, origin }: Received<R>): boolean {
  const before = held.get(key.text)!;
  if (envelope.revision === UNKNOWN_REVISION) {
    const bareAt = bareEnd(origin);
    if (wasTaken(bareAt, before.bareAt)) return false;
    held.set(key.text, { ...before, eventId: envelope.id, bareAt });
    return true;
  }
  if (envelope.revision <= before.revision) return false;
  held.set(key.text, { ...before, revision: envelope.revision, eventId: envelope.id });
  return true;
}

async function keep(
  client: ClientBase,
  consumer: string,
  keys: readonly string[],
  held: ReadonlyMap<string, Held>,
): Promise<void> {
  await client.query(
    `UPDATE inbox_record
     SET revision = now_held.revision, event_id = now_held.event_id, bare_at = now_held.bare_at
     FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[]) AS now_held (key, revision, event_id, bare_at)
     WHERE consumer = $1 AND record_key = key AND inbox_record.event_id <> now_held.event_id`,
    [
      consumer,
      keys,
      keys.map((key) => held.get(key)!.revision),
      keys.map((key) => held.get(key)!.eventId),
      keys.map((key) => held.get(key)!.bareAt),
    ],
  );
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
