import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import { runProduct } from '../approval/live-product.js';
import type { ItemOutcome, JoinedSource } from '../define/source.js';
import { emptyAnswer } from '../intake/answer.js';
import { Committer } from '../intake/committer.js';
import { Preparer } from '../intake/prepare.js';
import type { RunningProduct } from '../intake/prepare.js';
import { ProcessLock } from '../intake/process-lock.js';
import { Submissions } from '../intake/submissions.js';
import { domainMigrations } from '../migrations/all.js';
import { Routes } from '../outbox/outbox.js';
import { nhsNumber } from '../rig/feed.js';
import { CONTRACT, SCHEMA_ID, SCHEMAS, TOPIC } from '../rig/small-mesh.js';
import { joinedGp } from '../rig/tables.js';
import type { TableRow } from '../rig/tables.js';
import { Seal } from '../sealing/seal.js';
import { JoinedReception } from './joined-reception.js';
import { partKey, PartStore } from './part-store.js';
import { Refusals } from './refusals.js';

const KEY = Buffer.alloc(32, 5);
const RECEIPT = 'waits';
const ARRIVAL = {
  ...{ source: 'tables', contentType: 'application/x-ndjson', receipt: 'another' },
  traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
};
const source = joinedGp.sources[0] as JoinedSource<unknown>;
const folder = readContractFolder(SCHEMAS, CONTRACT);
const seal = new Seal(KEY);
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

/** One process of the domain, from its start to its end; it may be one that is killed before it maps a root. */
function process({ isKilled = false } = {}) {
  const committer = new Committer({
    ...{ databaseUrl: place.url, domainKey: KEY, seal, products: () => [product.live] },
    log: { warn: () => undefined },
  });
  const gone = { commit: () => Promise.reject(new Error('killed')) } as unknown as Committer;
  const reception = new JoinedReception({
    ...{ source, committer: isKilled ? gone : committer, environment: 'test' as const },
    store: new PartStore(source, database.pool, seal),
    refusals: new Refusals(database.pool),
    preparer: new Preparer(KEY, [product]),
    lock: new ProcessLock(place.url, 'joined tables'),
  });
  const close = async () => void (await Promise.all([reception.close(), committer.close()]));
  return { reception, close };
}

async function* body(rows: TableRow[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
}

async function records(): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM record',
  );
  return rows[0]!.n;
}

it('whoever takes a stored submission up again maps its roots itself and is told of each', async () => {
  const rows: TableRow[] = [
    { part: 'patient', key: 'p', text: 'p', nhs: nhsNumber(1) },
    { part: 'referral', key: 'r', parent: 'p', text: 'r' },
    ...['c1', 'c2', 'c3'].map((key) => ({
      ...({ part: 'contact', parent: 'r', text: 'c' } as const),
      key,
    })),
  ];
  const submissions = new Submissions(database.pool, seal);
  await submissions.keepWaiting({
    ...{ receipt: RECEIPT, source: 'tables', contentType: ARRIVAL.contentType },
    ...{ idempotencyKey: null, sha256: '', bytes: 1, state: 'waiting', done: 0, traceparent: '' },
    answer: emptyAnswer(RECEIPT),
  });

  const killed = process({ isKilled: true });
  const receiving = killed.reception.receive(source, body(rows), ARRIVAL, {
    ...{ skip: 0, receipt: RECEIPT, onUnit: () => [] },
  });
  await expect(receiving).rejects.toThrow('killed');
  await killed.close();

  const next = process();
  await next.reception.catchUp(ARRIVAL);
  expect(await records()).toBe(0);
  await next.reception.receive(
    source,
    body([{ part: 'patient', key: 'another', text: 'a', nhs: nhsNumber(2) }]),
    ARRIVAL,
    { skip: 0, receipt: 'another', onUnit: () => [] },
  );
  const entry = 'thereisnosuchentry00';
  const contact = partKey('tables', 'contact', 'c1');
  await database.pool.query(
    `INSERT INTO quarantine (id, product, source, received_at, step, codes, errors, sha256, bytes, landing)
     VALUES ($1, '', 'tables', now(), 'map', '{}', '[]', '', 1, $2)`,
    [entry, contact],
  );
  // Not taken in again now: it is of the submission that waits.
  expect(await next.reception.remap(contact, ARRIVAL, entry)).toBe('quarantined');
  expect(await records()).toBe(0);

  const told: ItemOutcome[] = [];
  await next.reception.receive(source, body(rows), ARRIVAL, {
    ...{ skip: rows.length, receipt: RECEIPT },
    onUnit: (_n, { outcomes }) => {
      told.push(...outcomes);
      return [];
    },
  });
  const byItem = told.toSorted((a, b) => a.index - b.index);
  expect(byItem.map(({ index, outcome }) => [index, outcome])).toEqual(
    rows.map((_row, index) => [index, 'accepted']),
  );
  expect(await records()).toBe(3);
  await next.close();
});
