import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { UNKNOWN_REVISION } from '@caremesh/product';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import fc from 'fast-check';
import type { ClientBase } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { migrations } from '../disclosure.module.js';
import type { ViewPlan } from '../views/plan.js';
import { withdrawPeople } from '../withdrawal/withdraw.js';
import type { ProductReceived } from './product-record.js';
import { peopleOf, reserve } from './view-people.js';
import { takeSteps } from './view-state.js';

let place: TestDatabase;
let database: Database;
beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({
    url: place.url,
    entities: [],
    migrations,
    poolSize: 2,
    byKey: true,
  });
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

type Event = { key: number; revision: number; deleted: boolean };
const [KEYS, REVISIONS] = [5, 7];

/**
 * Batches of a publisher that gives each of its words on a record the next revision, as every one does: said again, out of
 * order, a revision is the same word, a record or its end.
 */
function batches(isEnd: readonly boolean[]): fc.Arbitrary<Event[]> {
  const key = fc.nat({ max: KEYS - 1 });
  const event: fc.Arbitrary<Event> = fc
    .record({ key, revision: fc.nat({ max: REVISIONS - 1 }) })
    .map((one) => ({ ...one, deleted: isEnd[one.key * REVISIONS + one.revision]! }));
  // A bare tombstone says no revision; a record always does.
  const bare: fc.Arbitrary<Event> = fc.record({
    ...{ key, revision: fc.constant(UNKNOWN_REVISION), deleted: fc.constant(true) },
  });
  const live = event.filter(({ deleted }) => !deleted);
  return fc.oneof(
    { arbitrary: fc.uniqueArray(live, { selector: (one) => one.key, minLength: 1 }), weight: 3 },
    {
      arbitrary: fc.array(fc.oneof(event, event, bare), { minLength: 1, maxLength: 8 }),
      weight: 1,
    },
  );
}

/** Never only ends: some word of somebody is to be had. */
const words = fc
  .array(fc.boolean(), { minLength: KEYS * REVISIONS, maxLength: KEYS * REVISIONS })
  .filter((isEnd) => isEnd.includes(false));
const rounds = words.chain((isEnd) =>
  fc.array(fc.array(batches(isEnd), { minLength: 3, maxLength: 3 }), {
    minLength: 1,
    maxLength: 6,
  }),
);

const keyOf = (n: number): string => `${'abcde'[n]!.repeat(26)}.${'r'.repeat(26)}`;

let offset = 0n;

/** The next record of an edition, or the one that was read `at` an offset once more. */
function received({ key, revision, deleted }: Event, at: bigint = ++offset): ProductReceived {
  const text = keyOf(key);
  return {
    origin: { topic: 't', partition: 0, offset: at, timestamp: 0n },
    change: deleted ? 'deleted' : 'updated',
    key: { text, person: text.slice(0, 26), record: text.slice(27) },
    envelope: { id: `${key}/${revision}`, revision },
  } as unknown as ProductReceived;
}

/** `lift`: by how much it is told higher, because it ended before. */
type State = { revision: number; live: boolean; lift: number };

/** Last revision wins per record; only what was disclosed is ended; what ended and comes again has another id. */
function news(held: Map<number, State>, events: readonly Event[]): string[] {
  return events.flatMap(({ key, revision, deleted }) => {
    const before = held.get(key) ?? { revision: -1, live: false, lift: 0 };
    const isBare = revision === UNKNOWN_REVISION;
    if (!isBare && revision <= before.revision) return [];
    const lift = before.live ? before.lift + 2 : Math.max(before.lift, 2);
    if (deleted)
      held.set(key, { revision: isBare ? before.revision : revision, live: false, lift });
    else held.set(key, { ...before, revision, live: true });
    if (deleted) return before.live ? [`${key}/${revision}`] : [];
    return [`${key}/${revision}${before.lift > 0 ? ` ${before.lift}` : ''}`];
  });
}

let views = 0;

test('whatever comes, to however many views at once, is news to each exactly when the last revision wins', async () => {
  const client = await database.pool.connect();
  onTestFinished(() => client.release());
  await fc.assert(
    fc.asyncProperty(rounds, async (story) => {
      const held = [1, 2, 3].map((n) => [views + n, new Map<number, State>()] as const);
      views += held.length;
      const told = new Map<string, number>();
      for (const events of story) {
        const taken = await takeSteps(
          client,
          held.map(([viewId], at) => ({
            ...{ viewId, generation: 1, records: events[at]!.map((one) => received(one)) },
          })),
        );
        expect(taken.map((records) => records.map(({ envelope }) => envelope.id))).toEqual(
          held.map(([, state], at) => news(state, events[at]!)),
        );
        for (const [at, records] of taken.entries())
          for (const { key, envelope } of records) {
            const name = `${at} ${key.text}`;
            expect(envelope.revision).toBeGreaterThan(told.get(name) ?? -1);
            told.set(name, envelope.revision);
          }
      }
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 100) },
  );
});

test('a tombstone without headers that is read once more ends nothing that came after it; another one does', async () => {
  const client = await database.pool.connect();
  onTestFinished(() => client.release());
  const viewId = ++views;
  const [put, end] = [
    (revision: number) => ({ key: 0, revision, deleted: false }),
    UNKNOWN_REVISION,
  ];
  const log = [
    received(put(1), 901n),
    received({ key: 0, revision: end, deleted: true }, 902n),
    received(put(2), 903n),
  ];
  const take = async (records: ProductReceived[]) =>
    (await takeSteps(client, [{ viewId, generation: 1, records }]))[0]!.length;
  expect(await take(log)).toBe(3);
  expect([await take(log), await take([log[1]!])]).toEqual([0, 0]);
  expect(await take([received(put(3), 904n)])).toBe(1);
  expect([await take(log), await take([log[1]!])]).toEqual([0, 0]);
  expect(await take([received({ key: 0, revision: end, deleted: true }, 905n)])).toBe(1);
});

const LARGE = 9_000;
const HELD = 20_000;
const ASKED = 10;

test('what is asked costs by what is asked and not by what is held, though planned when nothing was', async () => {
  const client = await database.pool.connect();
  onTestFinished(() => client.release());
  const keys = Array.from({ length: ASKED }, (_, n) => ({
    key: n % 5,
    revision: n,
    deleted: true,
  }));
  const ask = async (viewId: number) => {
    await takeSteps(client, [{ viewId, generation: 1, records: keys.map((one) => received(one)) }]);
    const people = keys.slice(0, 5).map(({ key }) => keyOf(key).slice(0, 26));
    await reserve(
      client,
      people.map((person) => ({ viewId, person, pseudonym: null, count: 1 })),
    );
    await peopleOf(
      client,
      people.map((person) => ({ viewId, person })),
    );
  };
  // From the sixth time on the server keeps one plan for all.
  for (let n = 0; n < 8; n++) await ask(LARGE + 1);
  await database.pool.query(
    `INSERT INTO view_record SELECT ${LARGE}, lpad(n::text, 26, 'x') || '.' || repeat('r', 26), 1, true
     FROM generate_series(1, ${HELD}) n`,
  );
  await database.pool.query(
    `INSERT INTO view_person SELECT ${LARGE}, lpad(n::text, 26, 'x'), repeat('p', 26), 1
     FROM generate_series(1, ${HELD}) n`,
  );
  const before = await rowsRead(client);
  await ask(LARGE);
  expect((await rowsRead(client)) - before).toBeLessThan(20 * ASKED);
});

test('to end what a view has of somebody costs by what that is', async () => {
  const client = await database.pool.connect();
  onTestFinished(() => client.release());
  const [viewId, plan] = [LARGE + 2, { topic: 'share.abcdefgh.gp.x.v1' } as ViewPlan];
  // Planned when the table has pages and, as far as is known, no row: then so many are expected on its other pages.
  await client.query('DELETE FROM view_record');
  await client.query('ANALYZE view_record');
  for (let n = 0; n < 8; n++) await withdrawPeople(client, viewId, plan, [String(n)]);
  await client.query(
    `INSERT INTO view_record SELECT ${viewId}, lpad(n::text, 26, 'x') || '.' || repeat('r', 25) || k, 1, true
     FROM generate_series(1, ${HELD}) n, generate_series(1, 2) k`,
  );
  const before = await rowsRead(client);
  // Nobody of them has a pseudonym, so nothing is told: the state alone is looked at.
  const people = ['1', '77', '20000', '20001'].map((n) => n.padStart(26, 'x'));
  expect(await withdrawPeople(client, viewId, plan, people)).toEqual([]);
  expect((await rowsRead(client)) - before).toBeLessThan(20 * ASKED);
  const { rows } = await client.query<{ source_key: string }>(
    'SELECT source_key FROM view_record WHERE view_id = $1 AND NOT live ORDER BY source_key',
    [viewId],
  );
  expect(rows.map(({ source_key: key }) => key)).toEqual(
    ['1', '77', '20000']
      .flatMap((n) => [1, 2].map((k) => `${n.padStart(26, 'x')}.${'r'.repeat(25)}${k}`))
      .toSorted((a, b) => (a < b ? -1 : 1)),
  );
});

/** Rows of the two tables that were read so far, whether by an index or one after the other. */
async function rowsRead(client: ClientBase): Promise<number> {
  await client.query('SELECT pg_stat_force_next_flush()');
  await client.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ read: string }>(
    `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) AS read FROM pg_stat_user_tables
     WHERE relname IN ('view_record', 'view_person')`,
  );
  return Number(rows[0]!.read);
}
