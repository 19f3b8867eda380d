import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import { runProduct } from '../approval/live-product.js';
import type { JoinedSource } from '../define/source.js';
import { Committer } from '../intake/committer.js';
import { Preparer } from '../intake/prepare.js';
import type { RunningProduct } from '../intake/prepare.js';
import { ProcessLock } from '../intake/process-lock.js';
import { domainMigrations } from '../migrations/all.js';
import { Routes } from '../outbox/outbox.js';
import { nhsNumber } from '../rig/feed.js';
import { CONTRACT, SCHEMA_ID, SCHEMAS, TOPIC } from '../rig/small-mesh.js';
import { joinedGp } from '../rig/tables.js';
import type { TableRow } from '../rig/tables.js';
import { Seal } from '../sealing/seal.js';
import { JoinedReception } from './joined-reception.js';
import { PartStore, partKey } from './part-store.js';
import { Refusals } from './refusals.js';

const KEY = Buffer.alloc(32, 5);
const ARRIVAL = {
  ...{ source: 'tables', contentType: 'application/x-ndjson', receipt: 'r' },
  traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
};
const source = joinedGp.sources[0] as JoinedSource<unknown>;
const folder = readContractFolder(SCHEMAS, CONTRACT);
let place: TestDatabase;
let database: Database;
let product: RunningProduct;

beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations: domainMigrations });
  const version = { topic: TOPIC, schemaId: SCHEMA_ID, secondary: null, schema: folder.schema };
  product = await runProduct(joinedGp.products[0]!, folder, version, {
    routes: new Routes(database.pool),
    registryUrl: 'http://registry',
    schemaOf: async () => null,
  });
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

/** One process of the domain, on the database that all share. */
function process() {
  const seal = new Seal(KEY);
  const committer = new Committer({
    ...{ databaseUrl: place.url, domainKey: KEY, seal, products: () => [product.live] },
    log: { warn: () => undefined },
  });
  const store = new PartStore(source, database.pool, seal);
  const reception = new JoinedReception({
    ...{ source, store, committer, environment: 'test' as const },
    refusals: new Refusals(database.pool),
    preparer: new Preparer(KEY, [product]),
    lock: new ProcessLock(place.url, 'joined tables'),
  });
  const close = async () => void (await Promise.all([reception.close(), committer.close()]));
  return { store, reception, close };
}

async function* body(rows: TableRow[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
}

async function text(): Promise<unknown> {
  const found = await database.pool.query<{ content: Buffer }>(`SELECT content FROM record`);
  const codec = product.live.codec;
  return codec.content(found.rows[0]!.content)['medicationText'];
}

it('maps a root from the ancestors that another process has stored since', async () => {
  const [one, other] = [process(), process()];
  const rows: TableRow[] = [
    { part: 'patient', key: 'p', text: 'first', nhs: nhsNumber(1) },
    { part: 'referral', key: 'r', parent: 'p', text: 'referral' },
    { part: 'contact', key: 'c', parent: 'r', text: 'contact' },
  ];
  await one.reception.receive(source, body(rows), ARRIVAL, {
    ...{ skip: 0, receipt: 'r1', onUnit: () => [] },
  });
  expect(await text()).toBe('first/referral/contact:');
  const changed = { ...rows[0]!, text: 'second' };
  const stored = { part: 'patient', key: partKey('tables', 'patient', 'p'), parent: null };
  const incoming = { ...stored, at: null, item: 0, sourceId: 'p', row: changed };
  await other.store.store(other.store.sealed([incoming]), 'r2', () => []);
  await one.reception.catchUp(ARRIVAL);
  expect(await text()).toBe('second/referral/contact:');
  await Promise.all([one.close(), other.close()]);
});

it('maps roots in the order of their file, and one that is marked anew behind those that wait', async () => {
  const only = process();
  const keys = Array.from({ length: 40 }, (_, n) => `o${n}`);
  const incoming = keys.map((key, item) => ({
    ...{ part: 'contact', key: partKey('tables', 'contact', key), parent: null },
    ...{ at: null, item, sourceId: key, row: { part: 'contact', key, text: 'c' } },
  }));
  await only.store.store(only.store.sealed(incoming), 'r3', () => []);
  const marked = (after: string) => only.store.marked(after, []);
  const first = await marked('0');
  expect(first.map(({ sourceId }) => sourceId)).toEqual(keys);
  await only.store.markRoot(first[3]!.key);
  const order = (await marked('0')).map(({ sourceId }) => sourceId);
  expect(order).toEqual([...keys.filter((key) => key !== 'o3'), 'o3']);
  const behind = await marked(first.at(-1)!.mark);
  expect(behind.map(({ sourceId }) => sourceId)).toEqual(['o3']);
  await only.close();
});
