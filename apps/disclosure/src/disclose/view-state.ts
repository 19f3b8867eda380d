import { plainArray, UNKNOWN_REVISION } from '@caremesh/product';
import type { ClientBase } from 'pg';

import { ByView } from './by-view.js';
import type { ProductReceived } from './product-record.js';

/** What of a batch one view may get. */
export type ForView = { viewId: number; records: readonly ProductReceived[] };

/** `shift` lifts the revisions of a record that was withdrawn and is disclosed again (see withdrawal). */
type Held = { revision: number; live: boolean; shift: number };
type RecordKey = { viewId: number; key: string };

/**
 * Which records of a batch are news to each view, by the view's own state, in the order the views are given: the last
 * revision wins per record. All views share the statements: 200 views of ten records each cost what one of 2,000 does.
 * The rows are locked until the transaction ends, in the order of views and keys, so that backfill and following never
 * deadlock.
 */
export async function takeSteps(
  client: ClientBase,
  wanted: readonly ForView[],
): Promise<ProductReceived[][]> {
  const live = new Set(wanted.filter(isLive));
  const shifts = await takeLive(client, [...live]);
  const others = wanted.filter((one) => !live.has(one));
  const held = await lockRecords(client, keysOf(others));
  const steps = wanted.map((one) =>
    live.has(one)
      ? one.records.flatMap((record) => {
          const shift = shifts.get(one.viewId, record.key.text);
          return shift === undefined ? [] : [lifted(record, shift)];
        })
      : one.records.flatMap((record) => step(held, one.viewId, record)),
  );
  await keepRecords(client, held);
  return steps;
}

/**
 * Each record occurs once, says its revision and that it is there: what was held before changes nothing about how it is
 * told. So it is in nearly every batch.
 */
function isLive({ records }: ForView): boolean {
  return (
    records.every(
      ({ change, envelope }) => change !== 'deleted' && envelope.revision !== UNKNOWN_REVISION,
    ) && new Set(records.map(({ key }) => key.text)).size === records.length
  );
}

/** One statement in place of three, and one version of each row in place of two. Answers the shift of each that is news. */
async function takeLive(client: ClientBase, wanted: readonly ForView[]): Promise<ByView<number>> {
  const shifts = new ByView<number>();
  const news = wanted
    .flatMap(({ viewId, records }) =>
      records.map(({ key, envelope }) => ({ viewId, key: key.text, revision: envelope.revision })),
    )
    .sort(byViewAndKey);
  if (news.length === 0) return shifts;
  const { rows } = await client.query<[viewId: number, sourceKey: string, shift: number]>({
    name: 'view-take-live',
    rowMode: 'array',
    text: `INSERT INTO view_record AS held (view_id, source_key, revision, live)
      SELECT view, key, revision, true
      FROM unnest($1::int[], $2::text[], $3::bigint[]) AS news (view, key, revision) ORDER BY view, key
      ON CONFLICT (view_id, source_key) DO UPDATE SET revision = excluded.revision, live = true
        WHERE held.revision < excluded.revision
      RETURNING view_id, source_key, shift`,
    values: [...placesOf(news), plainArray(news.map(({ revision }) => revision))],
  });
  for (const [viewId, key, shift] of rows) shifts.set(viewId, key, shift);
  return shifts;
}

function keysOf(wanted: readonly ForView[]): RecordKey[] {
  return wanted
    .flatMap(({ viewId, records }) =>
      [...new Set(records.map(({ key }) => key.text))].map((key) => ({ viewId, key })),
    )
    .sort(byViewAndKey);
}

async function lockRecords(
  client: ClientBase,
  records: readonly RecordKey[],
): Promise<Map<string, Held & RecordKey>> {
  if (records.length === 0) return new Map();
  const values = placesOf(records);
  await client.query({
    name: 'view-lock-new',
    text: `INSERT INTO view_record (view_id, source_key, revision, live)
     SELECT view, key, -1, false FROM unnest($1::int[], $2::text[]) AS wanted (view, key) ORDER BY view, key
     ON CONFLICT DO NOTHING`,
    values,
  });
  const { rows } = await client.query<
    [viewId: number, key: string, revision: string, live: boolean, shift: number]
  >({
    name: 'view-lock',
    rowMode: 'array',
    // Each looked up by itself: planned as a join while the table was small, it would read all of it for every batch ever after.
    text: `SELECT view, key, revision, live, shift
     FROM unnest($1::int[], $2::text[]) AS wanted (view, key)
     CROSS JOIN LATERAL (SELECT revision, live, shift FROM view_record
       WHERE view_id = view AND source_key = key FOR UPDATE) AS held`,
    values,
  });
  return new Map(
    rows.map(([viewId, key, revision, live, shift]) => [
      nameOf(viewId, key),
      { viewId, key, revision: Number(revision), live, shift },
    ]),
  );
}

function step(
  held: Map<string, Held & RecordKey>,
  viewId: number,
  record: ProductReceived,
): ProductReceived[] {
  const { key, envelope, change } = record;
  const name = nameOf(viewId, key.text);
  const before = held.get(name)!;
  if (envelope.revision === UNKNOWN_REVISION) {
    // A bare tombstone ends whatever is held; it has no effect twice because then nothing is live.
    held.set(name, { ...before, live: false });
    return before.live ? [record] : [];
  }
  if (envelope.revision <= before.revision) return [];
  held.set(name, { ...before, revision: envelope.revision, live: change !== 'deleted' });
  // Whom it was never told of, the recipient is not told that it is gone.
  return change === 'deleted' && !before.live ? [] : [lifted(record, before.shift)];
}

/** A record disclosed again after it was withdrawn is told by a new id and a revision above the tombstone's. */
function lifted(record: ProductReceived, shift: number): ProductReceived {
  if (shift === 0) return record;
  const { id, revision } = record.envelope;
  const envelope = { ...record.envelope, id: `${id} ${shift}`, revision: revision + shift };
  return { ...record, envelope };
}

async function keepRecords(
  client: ClientBase,
  held: ReadonlyMap<string, Held & RecordKey>,
): Promise<void> {
  const records = [...held.values()];
  if (records.length === 0) return;
  await client.query({
    name: 'view-keep',
    // All are there and locked: as an insertion each is found by its key, whatever the table's size was when it was planned.
    text: `INSERT INTO view_record AS held (view_id, source_key, revision, live)
     SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::boolean[])
     ON CONFLICT (view_id, source_key) DO UPDATE SET revision = excluded.revision, live = excluded.live
       WHERE (held.revision, held.live) IS DISTINCT FROM (excluded.revision, excluded.live)`,
    values: [
      ...placesOf(records),
      plainArray(records.map(({ revision }) => revision)),
      plainArray(records.map(({ live }) => live)),
    ],
  });
}

const nameOf = (viewId: number, key: string): string => `${viewId} ${key}`;

const placesOf = (records: readonly RecordKey[]): [views: string, keys: string] => [
  plainArray(records.map(({ viewId }) => viewId)),
  plainArray(records.map(({ key }) => key)),
];

const byViewAndKey = (a: RecordKey, b: RecordKey): number =>
  a.viewId - b.viewId || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
