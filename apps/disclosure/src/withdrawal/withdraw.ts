import { keys } from '@caremesh/contract';
import type { WrittenRecord } from '@caremesh/product';
import type { ClientBase } from 'pg';

import { awaitSurvivors, dropMerges, personOf } from '../disclose/merges.js';
import type { Gone } from '../disclose/merges.js';
import { momentOf, outgoing, rewrite } from '../disclose/rewrite.js';
import { tracesOf } from '../disclose/traces.js';
import { reserve } from '../disclose/view-people.js';
import { END, endOf } from '../disclose/view-state.js';
import type { ViewPlan } from '../views/plan.js';
import { noteEnded } from './note.js';
import type { Ended } from './note.js';

/**
 * Ends everything a view has of these people, by their keys at the publisher: what comes back is a tombstone for each key
 * disclosed. What is kept of it is what is kept of any end (`disclose/view-state`): should it be permitted later, a filling
 * that is begun then tells it again by the revision it had.
 */
export async function withdrawPeople(
  client: ClientBase,
  viewId: number,
  plan: ViewPlan,
  people: readonly string[],
): Promise<WrittenRecord[]> {
  return tellEnds(client, viewId, plan, await endRecords(client, viewId, people));
}

/** The same of the records with these keys at the publisher, as far as they are unsure still. */
export async function withdrawUnsure(
  client: ClientBase,
  viewId: number,
  plan: ViewPlan,
  keys: readonly string[],
): Promise<WrittenRecord[]> {
  return tellEnds(client, viewId, plan, await endUnsure(client, viewId, keys));
}

async function tellEnds(
  client: ClientBase,
  viewId: number,
  plan: ViewPlan,
  gone: readonly Gone[],
): Promise<WrittenRecord[]> {
  if (gone.length === 0) return [];
  const untold = await dropMerges(
    client,
    gone.map(({ source_key: key }) => ({ viewId, key })),
  );
  const told = gone.filter(({ source_key: key }) => untold.get(viewId, key) === undefined);
  const tombstones = await tombstonesOf(client, viewId, plan, told);
  const people = [...new Set(gone.map(({ source_key: key }) => personOf(key)))];
  return [...tombstones, ...(await partFrom(client, viewId, plan, people))];
}

/**
 * Ends, for now, what names one of these people as who somebody is today, if the view has nothing more of them: whoever was
 * joined to them is the same person. It is so whatever ended their records, and told again with their next one.
 */
export async function partFrom(
  client: ClientBase,
  viewId: number,
  plan: ViewPlan,
  people: readonly string[],
): Promise<WrittenRecord[]> {
  const gone = await awaitSurvivors(client, viewId, people);
  if (gone.length === 0) return [];
  const tombstones = await tombstonesOf(client, viewId, plan, gone);
  // Somebody may have been joined to them before, and be named by another merge.
  const former = [...new Set(gone.map(({ source_key: key }) => personOf(key)))];
  return [...tombstones, ...(await partFrom(client, viewId, plan, former))];
}

async function tombstonesOf(
  client: ClientBase,
  viewId: number,
  plan: ViewPlan,
  gone: readonly Gone[],
): Promise<WrittenRecord[]> {
  if (gone.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { source_key: key } of gone) {
    counts.set(personOf(key), (counts.get(personOf(key)) ?? 0) + 1);
  }
  const wanted = [...counts].map(([person, count]) => ({ viewId, person, pseudonym: null, count }));
  const known = await reserve(client, wanted);
  const now = momentOf(plan);
  const nowText = now.toISOString();
  const ended: Ended[] = [];
  const traces = tracesOf(gone.length);
  const tombstones = gone.flatMap((one, at) => {
    const person = known.of(viewId, personOf(one.source_key));
    if (person === undefined) return [];
    person.sequence += 1;
    const place = { person: person.pseudonym, survivor: null, sequence: person.sequence };
    const times = { now, nowText, traceparent: traces(at) };
    const tombstone = rewrite(plan, tombstoneOf(one), { ...place, ...times });
    ended.push({ viewId, sourceKey: one.source_key, key: tombstone.key });
    return [outgoing(plan, tombstone)];
  });
  await noteEnded(client, ended);
  return tombstones;
}

async function endRecords(
  client: ClientBase,
  viewId: number,
  people: readonly string[],
): Promise<Gone[]> {
  const { rows } = await client.query<Gone>({
    name: 'view-end-records',
    // A person's keys lie together, between "<person>." and "<person>/": asked for as a part of the key, all of the view was read.
    // All are there and locked then: as an insertion each is found by its key, whatever the table's size was when it was planned.
    text: `WITH gone AS (
       SELECT held.* FROM (SELECT person FROM unnest($2::text[]) AS person ORDER BY person COLLATE "C") AS ended
       CROSS JOIN LATERAL (SELECT source_key, revision, shift FROM view_record
         WHERE view_id = $1 AND live AND source_key > person || '.' AND source_key < person || '/'
         ORDER BY source_key FOR UPDATE) AS held),
     ended AS (
       INSERT INTO view_record AS held (view_id, source_key, revision, live)
       SELECT $1, source_key, revision, false FROM gone
       ${ENDED})
     SELECT source_key, revision, shift FROM gone`,
    values: [viewId, people],
  });
  return rows.sort((a, b) => (a.source_key < b.source_key ? -1 : 1));
}

async function endUnsure(
  client: ClientBase,
  viewId: number,
  keys: readonly string[],
): Promise<Gone[]> {
  const { rows } = await client.query<Gone>(
    `WITH gone AS (
       SELECT held.* FROM (SELECT key FROM unnest($2::text[]) AS key ORDER BY key COLLATE "C") AS said
       CROSS JOIN LATERAL (SELECT source_key, revision, shift FROM view_record
         WHERE view_id = $1 AND live AND unsure AND source_key = key FOR UPDATE) AS held),
     ended AS (
       INSERT INTO view_record AS held (view_id, source_key, revision, live)
       SELECT $1, source_key, revision, false FROM gone
       ${ENDED})
     SELECT source_key, revision, shift FROM gone`,
    [viewId, keys],
  );
  return rows.sort((a, b) => (a.source_key < b.source_key ? -1 : 1));
}

/** What is kept of a record that ends here, which is there and locked. */
const ENDED = `ON CONFLICT (view_id, source_key) DO UPDATE SET live = excluded.live, unsure = false, shift = held.shift + ${END},
         ended_in = coalesce((SELECT generation FROM view WHERE id = $1), 0)`;

/** The record's end as its publisher would have told it. */
function tombstoneOf({ source_key: text, revision, shift }: Gone) {
  const next = endOf({ revision: Number(revision), shift });
  return {
    change: 'deleted' as const,
    value: null,
    schemaId: null,
    key: { text, ...keys.parseMessageKey(text)! },
    origin: { topic: '', partition: 0, offset: 0n, timestamp: 0n },
    envelope: {
      ...{ id: `${text} ends ${next}`, type: '', source: null, time: null, recordedTime: null },
      ...{ sequence: 0, revision: next },
    },
  };
}
