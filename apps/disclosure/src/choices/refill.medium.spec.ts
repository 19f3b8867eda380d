import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { Seal } from '@caremesh/product';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import fc from 'fast-check';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { migrations } from '../disclosure.module.js';
import type { ProductReceived } from '../disclose/product-record.js';
import { advance, ViewStore, viewsOf } from '../views/view-store.js';
import type { View } from '../views/view-store.js';
import { Choices } from './choices.js';
import { Cohort } from './cohort.js';
import { Lists } from './lists.js';
import { nhsNumberOf } from './people.js';

const FIRST = 910_000_000;
const PARTITIONS = 2;
const PEOPLE = 5;
const ALL = 1_000;

let place: TestDatabase;
let database: Database;
beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations, poolSize: 4 });
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

/** What happens to one view, in any order; `who` are people, `most` records of one batch. */
type Happening =
  | { what: 'publish' | 'answer' | 'list'; who: number[] }
  | { what: 'follow' | 'fill'; most: number }
  | { what: 'ask' | 'expire' | 'refill' | 'restart' };

const who = fc.uniqueArray(fc.nat({ max: PEOPLE - 1 }), { minLength: 1, maxLength: 3 });
const out = fc.uniqueArray(fc.nat({ max: PEOPLE - 1 }), { maxLength: 2 });
const most = fc.integer({ min: 1, max: 3 });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('publish' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constantFrom('answer' as const, 'list'), who: out }),
  },
  { weight: 5, arbitrary: fc.record({ what: fc.constantFrom('follow' as const, 'fill'), most }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constantFrom('ask' as const, 'refill') }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('expire' as const, 'restart') }) },
);

const [publish, list] = [
  (...people: number[]): Happening => ({ what: 'publish', who: people }),
  (...people: number[]): Happening => ({ what: 'list', who: people }),
];
const [follow, fill]: Happening[] = [
  { what: 'follow', most: ALL },
  { what: 'fill', most: ALL },
];
const [ask, refill]: Happening[] = [{ what: 'ask' }, { what: 'refill' }];
const answer: Happening = { what: 'answer', who: [] };
/** Stories that chance tells too seldom, with who is out of the last list. */
const TOLD: [Happening[], number[]][] = [
  // Opted out when first asked about, and back in.
  [[publish(0, 1), follow!, list(0)], []],
  // Disclosed, opted out without any further record, and back in.
  [[publish(0), follow!, list(), list(0), list()], []],
  // What waits is noted by the batch that follows first, and lower by the filling.
  [
    [
      publish(0, 2),
      follow!,
      ask!,
      publish(4, 2),
      follow!,
      answer,
      refill!,
      publish(6),
      follow!,
      fill!,
    ],
    [],
  ],
];

let runs = 0;

/**
 * One bound view of an edition that lies in memory, read as the transport reads it: in batches, each with its transaction, a
 * filling from where it says or, after a restart, from there again. `disclosed` is what the recipient has at last.
 */
async function stage() {
  runs += 1;
  const { pool } = database;
  const [edition, organisation] = [`edition.${runs}`, `ORG${runs}`];
  const seal = new Seal(Buffer.alloc(32, 3));
  const cohort = new Cohort(seal);
  const lists = new Lists({ pool, seal, maxAgeMs: 3_600_000 });
  const choices = new Choices(lists, cohort);
  const store = new ViewStore(pool, () => edition);
  await store.begin(
    {
      ...{
        topic: `share.view.${runs}`,
        grantId: 'view',
        product: 'spec.thing',
        major: 1,
        schemaId: 1,
      },
      recipient: { organisation, purpose: 'research' },
      ...{ commonLaw: 's251', exemption: null, erase: false },
    },
    '',
  );
  const log: ProductReceived[][] = Array.from({ length: PARTITIONS }, () => []);
  const followed = log.map(() => 0);
  const filled = new Map<string, number>();
  const disclosed = new Set<ProductReceived>();
  let asked: Uint32Array | null = null;
  let listed = new Set<number>();
  let filledRecords = 0;

  const numberOf = ({ value }: ProductReceived) => Number(value!.nhsNumber!.slice(0, 9));
  const transaction = async (work: (client: PoolClient) => Promise<ProductReceived[]>) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const records = await work(client);
      await client.query('COMMIT');
      for (const record of records) disclosed.add(record);
      expect(records.filter((record) => !listed.has(numberOf(record)))).toEqual([]);
    } finally {
      client.release();
    }
  };
  const permitted = async (client: PoolClient, view: View, records: readonly ProductReceived[]) => [
    ...(await choices.permitted(client, [view], records)).of(view),
  ];
  const happenings = {
    publish(people: readonly number[]) {
      for (const n of people) {
        const partition = n % PARTITIONS;
        const offset = BigInt(log[partition]!.length);
        const [person, nhsNumber] = [`person-${n}`, nhsNumberOf(FIRST + n)];
        const record = { key: { person }, value: { nhsNumber }, origin: { partition, offset } };
        log[partition]!.push(record as unknown as ProductReceived);
      }
    },
    async follow(atMost: number) {
      for (const [partition, records] of log.entries()) {
        const batch = records.slice(followed[partition], followed[partition]! + atMost);
        if (batch.length === 0) continue;
        await transaction(async (client) => {
          const [view] = await viewsOf(client, edition);
          const may = await permitted(client, view!, batch);
          await advance(client, edition, new Map([[partition, batch.at(-1)!.origin.offset + 1n]]));
          return may;
        });
        followed[partition]! += batch.length;
      }
    },
    async ask() {
      const found = await cohort.numbers(pool, [edition]);
      // Whatever was read before, as one that reads them for the first time.
      expect(found).toEqual(await new Cohort(seal).numbers(pool, [edition]));
      asked = found.numbers;
    },
    async answer(people: readonly number[]) {
      if (asked === null) await this.ask();
      asked ??= new Uint32Array();
      const list = { asked, listed: asked.filter((number) => !people.includes(number - FIRST)) };
      await transaction(async (client) => {
        await lists.accept(client, organisation, list);
        return [];
      });
      listed = new Set(list.listed);
      asked = null;
      // As the sweep does, if the list still has one.
      const { rowCount } = await pool.query(
        'UPDATE check_list SET swept = true WHERE organisation = $1 AND NOT swept',
        [organisation],
      );
      if (rowCount === 0) return;
      for (const record of disclosed) if (!listed.has(numberOf(record))) disclosed.delete(record);
    },
    async expire() {
      await pool.query(
        `UPDATE check_list SET received_at = received_at - interval '2 hours' WHERE organisation = $1`,
        [organisation],
      );
      await lists.expire();
      listed = new Set();
      // So old that rows which were read are not looked at again.
      await pool.query(
        `UPDATE cohort_person SET seen_at = seen_at - interval '2 hours' WHERE edition = $1`,
        [edition],
      );
    },
    refill: () => store.refill(),
    restart() {
      filled.clear();
    },
    async fill(atMost: number) {
      const unfilled = (await store.unfilled()).find(({ view }) => view.edition === edition);
      if (!unfilled) return false;
      const { view, from, until } = unfilled;
      for (const [partition, end] of until) {
        const name = `${view.generation}/${partition}`;
        const begin = filled.get(name) ?? Number(from.get(partition));
        const batch = log[partition]!.slice(begin, Math.min(begin + atMost, Number(end)));
        await transaction((client) => permitted(client, view, batch));
        filledRecords += batch.length;
        filled.set(name, begin + batch.length);
        if (begin + batch.length >= Number(end)) await store.filled(view.id, [partition]);
      }
      return true;
    },
  };
  /** A list comes, and what follows of it. */
  const exchanged = async (people: readonly number[]) => {
    await happenings.ask();
    await happenings.answer(people);
    // What is still being filled goes first.
    for (let more = true; more;) {
      while (await happenings.fill(ALL));
      more = (await store.refill()).some(({ edition: its }) => its === edition);
    }
  };
  return {
    log,
    disclosed,
    happenings: { ...happenings, list: exchanged },
    filledRecords: () => filledRecords,
    /** Another instance's hold on the same database. */
    another: () => new ViewStore(pool, () => edition),
    /** How often the view was begun. */
    fillings: async () =>
      (await store.all()).find(({ edition: its }) => its === edition)!.generation,
  };
}

async function happen(
  { happenings }: Pick<Awaited<ReturnType<typeof stage>>, 'happenings'>,
  one: Happening,
): Promise<void> {
  if ('who' in one) await happenings[one.what](one.who);
  else if ('most' in one) await happenings[one.what](one.most);
  else await happenings[one.what]();
}

test('whatever happens in whatever order, nothing that may be disclosed is left out at last, and nothing else let through', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 4, maxLength: 24 }),
      out,
      async (story, people) => {
        const { log, disclosed, happenings } = await stage();
        for (const one of story) await happen({ happenings }, one);
        await happenings.follow(ALL);
        await happenings.list(people);
        const may = log
          .flat()
          .filter(({ key }) => !people.some((n) => key.person === `person-${n}`));
        expect([...disclosed].length).toBe(may.length);
        expect(may.filter((record) => !disclosed.has(record))).toEqual([]);
      },
    ),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 25), examples: TOLD },
  );
});

test('two instances that refill at once begin one filling, and a partition that one has filled is filled', async () => {
  const { happenings, filledRecords, disclosed, fillings, another } = await stage();
  happenings.publish([0, 1, 2, 3]);
  await happenings.follow(ALL);
  await happenings.ask();
  await happenings.answer([]);
  const before = await fillings();
  await Promise.all([happenings.refill(), another().refill(), another().refill()]);
  expect((await fillings()) - before).toBe(1);
  // One of them reads on, dies before it could say so, and another begins that partition again.
  await happenings.fill(1);
  happenings.restart();
  while (await happenings.fill(1));
  await Promise.all([happenings.refill(), another().refill()]);
  expect((await fillings()) - before).toBe(1);
  expect(disclosed.size).toBe(4);
  // A record of each partition was read twice, and told once.
  expect(filledRecords()).toBe(4 + PARTITIONS);
});

test('with new people in every file each record is filled once, however many lists come', async () => {
  const { happenings, disclosed, filledRecords } = await stage();
  happenings.publish([0, 1, 2, 3]);
  await happenings.follow(ALL);
  await happenings.list([0]);
  const first = filledRecords();
  for (let n = 10; n < 20; n++) {
    happenings.publish([n, 1]);
    await happenings.follow(ALL);
    await happenings.list([0]);
  }
  expect(disclosed.size).toBe(3 + 20);
  // Ten new people, each with at most the one record that lies behind theirs.
  expect(filledRecords() - first).toBeLessThanOrEqual(20);
});
