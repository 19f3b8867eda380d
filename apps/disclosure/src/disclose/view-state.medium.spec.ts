import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { UNKNOWN_REVISION } from '@caremesh/product';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import fc from 'fast-check';
import type { ClientBase } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { migrations } from '../disclosure.module.js';
import type { ProductReceived } from './product-record.js';
import { takeSteps } from './view-state.js';

let place: TestDatabase;
let database: Database;
beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations, poolSize: 2 });
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
  const client: ClientBase = await database.pool.connect();
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
  (client as ClientBase & { release(): void }).release();
});
