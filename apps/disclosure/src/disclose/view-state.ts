import { bareEnd, plainArray, UNKNOWN_REVISION, wasTaken } from '@caremesh/product';
import type { ClientBase } from 'pg';

import { ByView } from './by-view.js';
import type { ProductReceived } from './product-record.js';

/** What of a batch one view may get; `generation` counts how often the view was begun, and so its fillings. */
export type ForView = { viewId: number; generation: number; records: readonly ProductReceived[] };

/**
 * What is known of a record. Of one that is there: its revision. Of one that ended: the highest revision that is no news any
 * more, and in which generation of the view it ended. `shift` is by how much its revisions are told higher; `bareAt` where the
 * last tombstone without headers that ended it was read.
 */
type Held = {
  revision: number;
  live: boolean;
  shift: number;
  endedIn: number;
  bareAt: string | null;
};
type RecordKey = { viewId: number; key: string };

/** By how much more a record that ended is told higher: it may come again by the revision it had, above that of its end. */
export const END = 2;

/**
 * Which records of a batch are news to each view, by the view's own state, in the order the views are given: the last
 * revision wins per record. All views share the statements: 200 views of ten records each cost what one of 2,000 does.
 * The rows are locked until the transaction ends, in the order of views and keys, so that backfill and following never
 * deadlock. Of what ended, the revision it had is news to no batch that follows the edition, only to a filling (`fills`, which is
 * of one view) that was begun after it ended and finds it there: that was a choice, and it was lifted.
 */
export async function takeSteps(
  client: ClientBase,
  wanted: readonly ForView[],
  fills = false,
): Promise<ProductReceived[][]> {
  const live = new Set(wanted.filter(isLive));
  const shifts = await takeLive(client, [...live], fills);
  const others = wanted.filter((one) => !live.has(one));
  const held = await lockRecords(client, keysOf(others));
  const steps = wanted.map((one) =>
    live.has(one)
      ? one.records.flatMap((record) => {
          const shift = shifts.get(one.viewId, record.key.text);
          return shift === undefined ? [] : [lifted(record, shift)];
        })
      : one.records.flatMap((record) => step(held, one, record, fills)),
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
async function takeLive(
  client: ClientBase,
  wanted: readonly ForView[],
  fills: boolean,
): Promise<ByView<number>> {
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
      ON CONFLICT (view_id, source_key) DO UPDATE SET revision = excluded.revision, live = true, unsure = false
        WHERE CASE WHEN held.live OR $4::int IS NULL THEN held.revision < excluded.revision
          ELSE held.revision <= excluded.revision AND held.ended_in < $4 END
      RETURNING view_id, source_key, shift`,
    values: [
      ...placesOf(news),
      plainArray(news.map(({ revision }) => revision)),
      fills ? wanted[0]!.generation : null,
    ],
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
    [
      viewId: number,
      key: string,
      revision: string,
      live: boolean,
      shift: number,
      endedIn: number,
      bareAt: string | null,
    ]
  >({
    name: 'view-lock',
    rowMode: 'array',
    // Each looked up by itself: planned as a join while the table was small, it would read all of it for every batch ever after.
    text: `SELECT view, key, revision, live, shift, ended_in, bare_at
     FROM unnest($1::int[], $2::text[]) AS wanted (view, key)
     CROSS JOIN LATERAL (SELECT revision, live, shift, ended_in, bare_at FROM view_record
       WHERE view_id = view AND source_key = key FOR UPDATE) AS held`,
    values,
  });
  return new Map(
    rows.map(([viewId, key, revision, live, shift, endedIn, bareAt]) => [
      nameOf(viewId, key),
      { viewId, key, revision: Number(revision), live, shift, endedIn, bareAt },
    ]),
  );
}

function step(
  held: Map<string, Held & RecordKey>,
  { viewId, generation }: ForView,
  record: ProductReceived,
  fills: boolean,
): ProductReceived[] {
  const { key, envelope, change, origin } = record;
  const { revision } = envelope;
  const name = nameOf(viewId, key.text);
  const before = held.get(name)!;
  if (change === 'deleted') {
    const bareAt = revision === UNKNOWN_REVISION ? bareEnd(origin) : null;
    const isKnown = bareAt === null ? revision <= before.revision : wasTaken(bareAt, before.bareAt);
    if (isKnown) return [];
    const end = { ...ended(before, revision), endedIn: generation };
    held.set(name, { ...before, ...end, bareAt: bareAt ?? before.bareAt });
    // Whom it was never told of, the recipient is not told that it is gone.
    return before.live ? [{ ...record, envelope: { ...envelope, revision: endOf(before) } }] : [];
  }
  const isNews =
    fills && !before.live
      ? before.endedIn < generation && revision >= before.revision
      : revision > before.revision;
  if (!isNews) return [];
  held.set(name, { ...before, revision, live: true });
  return [lifted(record, before.shift)];
}

/**
 * What is kept of a record that its publisher ended, the same as of one that a choice ended (`withdrawal`). A revision is one
 * word, so below that of a tombstone is the last that a record had, as far as anybody could tell.
 */
function ended(
  { revision, live, shift }: Held,
  by: number,
): Pick<Held, 'revision' | 'live' | 'shift'> {
  return {
    // A bare tombstone says no revision; it ends whatever is held.
    revision: by === UNKNOWN_REVISION ? revision : by - 1,
    live: false,
    shift: live ? shift + END : Math.max(shift, END),
  };
}

/** The revision by which a view tells that a record ended, whatever ended it: the next of what its recipient has. */
export const endOf = ({ revision, shift }: Pick<Held, 'revision' | 'shift'>): number =>
  revision + shift + 1;

/** A record disclosed again after it ended is told by a new id and a revision above the tombstone's. */
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
    text: `INSERT INTO view_record AS held (view_id, source_key, revision, live, shift, ended_in, bare_at)
     SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::boolean[], $5::int[], $6::int[], $7::text[])
     ON CONFLICT (view_id, source_key) DO UPDATE
       SET revision = excluded.revision, live = excluded.live, shift = excluded.shift, ended_in = excluded.ended_in,
         bare_at = excluded.bare_at, unsure = false
       WHERE (held.revision, held.live, held.shift, held.ended_in, held.bare_at)
         IS DISTINCT FROM (excluded.revision, excluded.live, excluded.shift, excluded.ended_in, excluded.bare_at)`,
    values: [
      ...placesOf(records),
      plainArray(records.map(({ revision }) => revision)),
      plainArray(records.map(({ live }) => live)),
      plainArray(records.map(({ shift }) => shift)),
      plainArray(records.map(({ endedIn }) => endedIn)),
      plainArray(records.map(({ bareAt }) => bareAt)),
    ],
  });
}

/** The edition says that these records are there, be they news to a view or not. */
export async function confirmRecords(
  client: ClientBase,
  viewId: number,
  records: readonly Pick<ProductReceived, 'key'>[],
): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM view_record WHERE view_id = $1 AND unsure LIMIT 1`,
    [viewId],
  );
  if (rowCount === 0) return;
  await client.query(
    // Those that are there and unsure, each found by its key; of whom the view has nothing, nothing is written.
    `WITH seen AS (
       SELECT held.* FROM (SELECT key FROM unnest($2::text[]) AS key ORDER BY key COLLATE "C") AS said
       CROSS JOIN LATERAL (SELECT source_key, revision, live FROM view_record
         WHERE view_id = $1 AND source_key = key AND unsure FOR UPDATE) AS held)
     INSERT INTO view_record AS held (view_id, source_key, revision, live) SELECT $1, source_key, revision, live FROM seen
     ON CONFLICT (view_id, source_key) DO UPDATE SET unsure = false`,
    [viewId, [...new Set(records.map(({ key }) => key.text))]],
  );
}

const nameOf = (viewId: number, key: string): string => `${viewId} ${key}`;

const placesOf = (records: readonly RecordKey[]): [views: string, keys: string] => [
  plainArray(records.map(({ viewId }) => viewId)),
  plainArray(records.map(({ key }) => key)),
];

const byViewAndKey = (a: RecordKey, b: RecordKey): number =>
  a.viewId - b.viewId || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
