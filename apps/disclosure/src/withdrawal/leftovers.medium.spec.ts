import { deriveViewSchema, names } from '@caremesh/contract';
import { createLogger, inTransaction, openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import type { OutgoingRecord, WrittenRecord } from '@caremesh/product';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Discloser } from '../disclose/discloser.js';
import type { ProductReceived } from '../disclose/product-record.js';
import { migrations } from '../disclosure.module.js';
import type { GrantedView } from '../grants/governance.js';
import { person, personOf, versions } from '../spec/publisher.js';
import { planView } from '../views/plan.js';
import { ViewStore } from '../views/view-store.js';
import { Leftovers } from './leftovers.js';

const PRODUCT = 'gp.medication-statement';
const EDITION = names.secondaryTopic(PRODUCT, 1);
const GRANT = 'leftovers';
const { contract, schema } = versions[PRODUCT]!;
const view: GrantedView = {
  ...{ topic: names.viewTopic(GRANT, PRODUCT, 1), grantId: GRANT, product: PRODUCT, major: 1 },
  recipient: { organisation: 'QUY', purpose: 'research' },
  ...{ schemaId: 7, commonLaw: 'consent', exemption: null, erase: false },
};
const plan = planView({
  ...{ topic: view.topic, product: PRODUCT, major: 1, schemaId: 7, contract: contract! },
  schema: JSON.stringify(deriveViewSchema(schema!, contract!, GRANT, ['all'])),
  ...{ key: Buffer.alloc(32, 1), registryUrl: 'http://registry' },
});

let place: TestDatabase;
let database: Database;
let store: ViewStore;
let discloser: Discloser;
let leftovers: Leftovers;
const told: (OutgoingRecord | WrittenRecord)[] = [];

beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations, byKey: true });
  const { pool } = database;
  store = new ViewStore(pool, () => EDITION);
  const plans = { of: () => Promise.resolve(plan) };
  const outbox = {
    write: (_: unknown, records: readonly (OutgoingRecord | WrittenRecord)[]) =>
      Promise.resolve(void told.push(...records)),
  };
  const everything = {
    permitted: (_: unknown, __: unknown, records: readonly ProductReceived[]) =>
      Promise.resolve({ of: () => records, leaving: () => [], stays: () => records }),
  };
  discloser = new Discloser(plans, outbox, everything);
  leftovers = new Leftovers({ pool, store, plans, outbox, log: createLogger('spec', 'silent') });
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

let offset = 0;
/** What an edition says of record `n`, each record somebody's only one; null: that it is over. */
function says(n: number, revision: number, code: string | null = '39113611000001102') {
  const one = person(100 + n);
  const who = personOf(PRODUCT, one);
  const record = String.fromCharCode(97 + n).repeat(26);
  const head = {
    key: { text: `${who}.${record}`, person: who, record },
    origin: { topic: EDITION, partition: 0, offset: BigInt(offset++), timestamp: 0n },
    envelope: {
      ...{ id: `${n}/${revision}`, type: '', source: null, time: null, recordedTime: null },
      ...{ sequence: revision, revision },
    },
  };
  if (code === null) return { ...head, change: 'deleted', value: null, schemaId: null } as const;
  const value = {
    ...{ recordId: record, nhsNumber: one.nhsNumber, nhsNumberStatus: '01' },
    ...{ localPatientId: one.localId, localPatientIdIssuer: 'A81001', publisherOds: 'A81001' },
    ...{ recordedAt: 1, sourceSystemUpdatedAt: 1, changeType: 'CREATED', survivorKey: null },
    ...{ medicationCode: code },
  };
  return { ...head, change: 'created', value, schemaId: 3 } as unknown as ProductReceived;
}

/** What a batch, or a look, tells the view: how many records, and how many ends. */
async function telling(work: () => Promise<void>): Promise<{ records: number; ends: number }> {
  told.length = 0;
  await work();
  const ends = told.filter((one) => 'body' in one && /retracted\.v1/.test(one.body.toString()));
  return { records: told.length - ends.length, ends: ends.length };
}
const follow = (...records: ProductReceived[]) =>
  telling(() => inTransaction(database.pool, (c) => discloser.disclose(c, EDITION, records)));
async function fill(...records: ProductReceived[]) {
  const [unfilled] = await store.unfilled();
  const { view: filling, until } = unfilled!;
  const { generation } = filling;
  const counted = await telling(() =>
    inTransaction(database.pool, (c) => discloser.fill(c, view.topic, generation, records)),
  );
  return { ...counted, done: () => store.filled(filling.id, [...until.keys()]) };
}
const look = () => telling(() => leftovers.look());
async function live(): Promise<number> {
  const { rows } = await database.pool.query('SELECT FROM view_record WHERE live');
  return rows.length;
}

test('what an edition says nothing of any more when a view begins again is over, and nothing else is', async () => {
  await store.begin(view, '');
  expect(await follow(says(1, 1), says(2, 1), says(3, 1), says(4, 1))).toEqual({
    ...{ records: 4, ends: 0 },
  });
  const [begun] = await store.all();
  await store.end(begun!.id);
  // Meanwhile one ended, and its tombstone is gone from the edition too; another's is there still, and one was told anew.
  await store.begin(view, '');
  const filling = await fill(says(2, 1), says(3, 2, null));
  expect(filling).toMatchObject({ records: 0, ends: 1 });
  expect(await follow(says(4, 2))).toEqual({ records: 1, ends: 0 });
  // Not before all of it was read.
  expect(await look()).toEqual({ records: 0, ends: 0 });
  await filling.done();
  expect(await look()).toEqual({ records: 0, ends: 1 });
  expect(await live()).toBe(2);
  expect(await look()).toEqual({ records: 0, ends: 0 });
});

test('what is said of it later comes after its end', async () => {
  expect(await follow(says(1, 1))).toEqual({ records: 0, ends: 0 });
  expect(await follow(says(1, 3))).toEqual({ records: 1, ends: 0 });
  const { rows } = await database.pool.query(
    'SELECT revision::int, shift FROM view_record WHERE live ORDER BY source_key',
  );
  expect(rows).toHaveLength(3);
  expect(rows).toContainEqual({ revision: 3, shift: 2 });
});
