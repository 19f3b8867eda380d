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
const event: fc.Arbitrary<Event> = fc.record({
  key: fc.nat({ max: 4 }),
  // A bare tombstone says no revision; a record always does.
  revision: fc.integer({ min: 0, max: 6 }),
  deleted: fc.boolean(),
});
const bare: fc.Arbitrary<Event> = fc.record({
  key: fc.nat({ max: 4 }),
  revision: fc.constant(UNKNOWN_REVISION),
  deleted: fc.constant(true),
});
const live = event.map((one) => ({ ...one, deleted: false }));
const batch = fc.oneof(
  { arbitrary: fc.uniqueArray(live, { selector: ({ key }) => key, minLength: 1 }), weight: 3 },
  { arbitrary: fc.array(fc.oneof(event, event, bare), { minLength: 1, maxLength: 8 }), weight: 1 },
);

const keyOf = (n: number): string => `${'abcde'[n]!.repeat(26)}.${'r'.repeat(26)}`;

function received({ key, revision, deleted }: Event): ProductReceived {
  const text = keyOf(key);
  return {
    change: deleted ? 'deleted' : 'updated',
    key: { text, person: text.slice(0, 26), record: text.slice(27) },
    envelope: { id: `${key}/${revision}`, revision },
  } as unknown as ProductReceived;
}

/** Last revision wins per record; only what was disclosed is ended. */
function news(held: Map<number, { revision: number; live: boolean }>, events: readonly Event[]) {
  return events.filter(({ key, revision, deleted }) => {
    const before = held.get(key) ?? { revision: -1, live: false };
    if (revision === UNKNOWN_REVISION) {
      held.set(key, { ...before, live: false });
      return before.live;
    }
    if (revision <= before.revision) return false;
    held.set(key, { revision, live: !deleted });
    return !deleted || before.live;
  });
}

let views = 0;

test('whatever comes, to however many views at once, is news to each exactly when the last revision wins', async () => {
  const client = await database.pool.connect();
  onTestFinished(() => client.release());
  const together = fc.array(fc.array(batch, { minLength: 3, maxLength: 3 }), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(together, async (rounds) => {
      const held = [1, 2, 3].map(
        (n) => [views + n, new Map<number, { revision: number; live: boolean }>()] as const,
      );
      views += held.length;
      for (const events of rounds) {
        const taken = await takeSteps(
          client,
          held.map(([viewId], at) => ({ viewId, records: events[at]!.map(received) })),
        );
        expect(taken.map((records) => records.map(({ envelope }) => envelope.id))).toEqual(
          held.map(([, state], at) =>
            news(state, events[at]!).map(({ key, revision }) => `${key}/${revision}`),
          ),
        );
      }
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 100) },
  );
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
    await takeSteps(client, [{ viewId, records: keys.map(received) }]);
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
