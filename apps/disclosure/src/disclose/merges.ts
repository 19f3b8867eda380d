import { plainArray } from '@caremesh/product';
import type { RecordEnvelope, WrittenRecord } from '@caremesh/product';
import type { ClientBase, Pool } from 'pg';

import type { ViewPlan } from '../views/plan.js';
import { ByView } from './by-view.js';
import type { ProductReceived } from './product-record.js';
import { outgoing } from './rewrite.js';
import { reserve } from './view-people.js';
import { END } from './view-state.js';

type Queryable = Pick<ClientBase, 'query'>;
type Someone = { viewId: number; person: string };
type Merged = Extract<ProductReceived, { change: 'merged' }>;

/** A record that a view tells of no more, by its key at the publisher, and by what revision it was told. */
export type Gone = { source_key: string; revision: string; shift: number };

/**
 * Of somebody (`person`) in a view (`view`), records that it tells now: a merge that waits counts as there, and is not told.
 */
export const told = (view: string, person: string): string =>
  `SELECT FROM view_record r WHERE r.view_id = ${view} AND r.live
     AND r.source_key > ${person} || '.' AND r.source_key < ${person} || '/'
     AND NOT EXISTS (SELECT FROM view_merge w WHERE w.view_id = r.view_id AND w.source_key = r.source_key AND NOT w.told)`;

/** Whether views tell of these people now. Whoever is told of stays so until the transaction ends. */
export async function toldOf(
  client: Queryable,
  people: readonly Someone[],
): Promise<ByView<boolean>> {
  const found = new ByView<boolean>();
  if (people.length === 0) return found;
  const { rows } = await client.query<Someone>(
    `SELECT view AS "viewId", person FROM unnest($1::int[], $2::text[]) AS wanted (view, person)
     CROSS JOIN LATERAL (${told('view', 'person')} LIMIT 1 FOR SHARE OF r) AS held`,
    placesOf(people),
  );
  for (const { viewId, person } of rows) found.set(viewId, person, true);
  return found;
}

/**
 * The old side of a merge names its survivor. Of whom the view may not know yet, since the survivor's records lie in another
 * partition; or not any more, whatever ended their records. It waits here, already de-identified, while that is so (`isTold`
 * false), and ends here with the last record of its survivor: kept is what it says.
 */
export async function keepMerge(
  client: Queryable,
  viewId: number,
  record: Merged,
  { value, ...envelope }: RecordEnvelope,
  isTold: boolean,
): Promise<void> {
  await client.query(
    `INSERT INTO view_merge (view_id, survivor, source_key, envelope, value, told) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (view_id, survivor, source_key) DO UPDATE
       SET envelope = excluded.envelope, value = excluded.value, told = excluded.told`,
    [viewId, record.survivor, record.key.text, JSON.stringify(envelope), value, isTold],
  );
}

/**
 * A merge of a record that ended, whatever ended it, waits for nobody any more. Answered are those that waited: of them the
 * recipient has nothing.
 */
export async function dropMerges(
  client: Queryable,
  ended: readonly { viewId: number; key: string }[],
): Promise<ByView<boolean>> {
  const untold = new ByView<boolean>();
  if (ended.length === 0) return untold;
  const { rows } = await client.query<{ viewId: number; key: string; told: boolean }>(
    `DELETE FROM view_merge m USING unnest($1::int[], $2::text[]) AS gone (view, key)
     WHERE m.view_id = gone.view AND m.source_key = gone.key
     RETURNING m.view_id AS "viewId", m.source_key AS key, m.told`,
    [ended.map(({ viewId }) => viewId), ended.map(({ key }) => key)],
  );
  for (const one of rows) if (!one.told) untold.set(one.viewId, one.key, true);
  return untold;
}

/** In which views somebody of these is named as a survivor. */
export async function viewsNaming(client: Queryable, people: readonly Someone[]) {
  if (people.length === 0) return new Set<number>();
  const { rows } = await client.query<{ viewId: number }>(
    `SELECT DISTINCT view AS "viewId" FROM unnest($1::int[], $2::text[]) AS wanted (view, person)
     WHERE EXISTS (SELECT FROM view_merge WHERE view_id = view AND survivor = person AND told)`,
    placesOf(people),
  );
  return new Set(rows.map(({ viewId }) => viewId));
}

/**
 * Has the merges wait again that name one of these people, of whom the view tells nothing any more. What comes back has been
 * told; once its survivor is told of again, so is it, by a later revision.
 */
export async function awaitSurvivors(
  client: Queryable,
  viewId: number,
  people: readonly string[],
): Promise<Gone[]> {
  const { rows: named } = await client.query<{ person: string; key: string }>(
    `SELECT survivor AS person, source_key AS key FROM view_merge
     WHERE view_id = $1 AND told AND survivor = ANY($2) FOR UPDATE`,
    [viewId, people],
  );
  if (named.length === 0) return [];
  const still = await toldOf(
    client,
    named.map(({ person }) => ({ viewId, person })),
  );
  const parted = named.filter(({ person }) => still.get(viewId, person) === undefined);
  if (parted.length === 0) return [];
  const keys = parted.map(({ key }) => key).sort((a, b) => (a < b ? -1 : 1));
  await client.query(
    `UPDATE view_merge SET told = false WHERE view_id = $1 AND source_key = ANY($2)`,
    [viewId, keys],
  );
  const { rows } = await client.query<Gone>(
    // All are there: as an insertion each is found by its key, whatever the table's size was when it was planned.
    `INSERT INTO view_record AS held (view_id, source_key, revision, live)
     SELECT $1, key, 0, true FROM unnest($2::text[]) AS key
     ON CONFLICT (view_id, source_key) DO UPDATE SET shift = held.shift + ${END}
     RETURNING source_key, revision, shift - ${END} AS shift`,
    [viewId, keys],
  );
  return rows;
}

type Waiting = Someone & { topic: string; key: string };
type Row = {
  pseudonym: string;
  envelope: Omit<RecordEnvelope, 'value'>;
  value: Buffer;
  revision: string;
};

/** Merges whose survivor the view tells of by now. */
const READY = `FROM view_merge m JOIN view v ON v.id = m.view_id
   WHERE NOT m.told AND v.active AND EXISTS (${told('m.view_id', 'm.survivor')})`;

/** Whether any merge waits that can be told now: its survivor has a record in the view. */
export async function mergesAreReady(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ ready: boolean }>(`SELECT EXISTS (SELECT ${READY}) AS ready`);
  return rows[0]!.ready;
}

/** Takes the merges that can go out now, and gives them back for the outbox of the same transaction. */
export async function releaseMerges(
  client: ClientBase,
  planOf: (topic: string) => Promise<ViewPlan | null>,
): Promise<WrittenRecord[]> {
  const { rows } = await client.query<Waiting>(
    `SELECT m.view_id AS "viewId", v.topic, m.survivor AS person, m.source_key AS key ${READY} ORDER BY 1, 3, 4`,
  );
  const survivors = await toldOf(client, rows);
  const all: WrittenRecord[] = [];
  for (const one of rows) {
    if (survivors.get(one.viewId, one.person) === undefined) continue;
    const plan = await planOf(one.topic);
    if (plan !== null) all.push(...(await released(client, one, plan)));
  }
  return all;
}

/**
 * Numbered now, not when it was kept: later records of the person have gone out meanwhile. One that was told before is told by
 * a new event. Empty if another instance was first.
 */
async function released(
  client: ClientBase,
  { viewId, person: survivor, key }: Waiting,
  plan: ViewPlan,
): Promise<WrittenRecord[]> {
  const { rows } = await client.query<Row>(
    `UPDATE view_merge m SET told = true FROM view_person p, view_record r
     WHERE (m.view_id, m.survivor, m.source_key) = ($1, $2, $3) AND NOT m.told
       AND (p.view_id, p.source_person) = ($1, $2) AND (r.view_id, r.source_key) = ($1, $3)
     RETURNING p.pseudonym, m.envelope, m.value, r.revision + r.shift AS revision`,
    [viewId, survivor, key],
  );
  const [row] = rows;
  if (row === undefined) return [];
  const { envelope, value } = row;
  const person = personOf(key);
  const wanted = { viewId, person, pseudonym: personOf(envelope.key), count: 1 };
  const { sequence } = (await reserve(client, [wanted])).of(viewId, person)!;
  const revision = Number(row.revision);
  const isAgain = revision !== envelope.revision;
  const merged: RecordEnvelope = {
    ...envelope,
    value: plan.encode({ ...plan.decode(value), survivorKey: row.pseudonym }),
    eventId: isAgain ? plan.names.event(`${envelope.eventId} ${revision}`) : envelope.eventId,
    revision,
    sequence: sequence + 1,
  };
  return [outgoing(plan, merged)];
}

const placesOf = (people: readonly Someone[]): [views: string, people: string] => [
  plainArray(people.map(({ viewId }) => viewId)),
  plainArray(people.map(({ person }) => person)),
];

/** The person of a message key. */
export const personOf = (key: string): string => key.slice(0, key.indexOf('.'));
