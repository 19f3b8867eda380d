import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { inTransaction } from './in-transaction.js';

let place: TestDatabase;
let pool: pg.Pool;
/** Looks on, and ends connections, from outside the pool. */
let other: pg.Client;

const opened: pg.Pool[] = [];
const open = (settings: pg.PoolConfig = {}): pg.Pool => {
  const made = new pg.Pool({ connectionString: place.url, max: 1, ...settings });
  // As that of `openDatabase` has: what an idle connection says is nobody's error.
  made.on('error', () => undefined);
  opened.push(made);
  return made;
};

beforeAll(async () => {
  place = await testDatabase();
  other = new pg.Client({ connectionString: place.url });
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await place.drop();
});

beforeEach(async () => {
  pool = open();
  await other.query('CREATE TABLE parcel (id int PRIMARY KEY)');
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.end();
  await other.query('DROP TABLE parcel');
});

const put = (client: Pick<pg.ClientBase, 'query'>, id: number) =>
  client.query('INSERT INTO parcel (id) VALUES ($1)', [id]);
const stored = async (): Promise<number[]> =>
  (await other.query<{ id: number }>('SELECT id FROM parcel ORDER BY id')).rows.map(({ id }) => id);
const backendOf = async (client: Pick<pg.ClientBase, 'query'>): Promise<number> =>
  (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
/** Resolves when the server has ended it. */
const terminate = async (backend: number): Promise<void> => {
  await other.query('SELECT pg_terminate_backend($1, 60000)', [backend]);
};

test('commits what was done and answers what the work answered', async () => {
  const answer = await inTransaction(pool, async (client) => {
    await put(client, 1);
    expect(await stored()).toEqual([]);
    return 'done';
  });
  expect([answer, await stored()]).toEqual(['done', [1]]);
});

test('begins as it is told', async () => {
  const level = await inTransaction(
    pool,
    async (client) => (await client.query('SHOW transaction_isolation')).rows,
    { begin: 'BEGIN ISOLATION LEVEL REPEATABLE READ' },
  );
  expect(level).toEqual([{ transaction_isolation: 'repeatable read' }]);
});

test('work that fails is rolled back, its error is what is thrown, and the connection goes on', async () => {
  const before = await backendOf(pool);
  const fault = new Error('the parcel is wet');
  const failed = inTransaction(pool, async (client) => {
    await put(client, 1);
    throw fault;
  });
  await expect(failed).rejects.toBe(fault);
  const refused = inTransaction(pool, async (client) => {
    await put(client, 2);
    await put(client, 2);
  });
  await expect(refused).rejects.toMatchObject({ code: '23505' });
  await put(pool, 3);
  expect([await stored(), await backendOf(pool)]).toEqual([[3], before]);
});

test('a connection whose backend ends amid a statement is not used again, and what the statement said is thrown', async () => {
  let lost = 0;
  const failed = inTransaction(pool, async (client) => {
    lost = await backendOf(client);
    await put(client, 1);
    const waiting = client.query('SELECT pg_sleep(60)');
    await Promise.all([waiting, terminate(lost)]);
  });
  await expect(failed).rejects.toMatchObject({ code: '57P01' });
  await put(pool, 2);
  expect(await stored()).toEqual([2]);
  expect(await backendOf(pool)).not.toBe(lost);
});

test('a connection that ends while the work is busy elsewhere ends no process, and what the work says is thrown', async () => {
  const fault = new Error('the lorry broke down');
  let lost = 0;
  const failed = inTransaction(pool, async (client) => {
    lost = await backendOf(client);
    await terminate(lost);
    await expect(client.query('SELECT 1')).rejects.toThrow();
    throw fault;
  });
  await expect(failed).rejects.toBe(fault);
  await put(pool, 2);
  expect(await stored()).toEqual([2]);
  expect(await backendOf(pool)).not.toBe(lost);
});

test('a connection that could not be rolled back is not used again: its transaction would go on with what others write', async () => {
  // The rollback waits behind the statement, and is given up as well.
  pool = open({ query_timeout: 500 });
  let stuck = 0;
  const failed = inTransaction(pool, async (client) => {
    stuck = await backendOf(client);
    await put(client, 1);
    await client.query('SELECT pg_sleep(1.2)');
  });
  await expect(failed).rejects.toThrow('Query read timeout');
  await expect
    .poll(() => put(pool, 2).then(() => 'written', String), { timeout: 20_000 })
    .toBe('written');
  expect(await stored()).toEqual([2]);
  expect(await backendOf(pool)).not.toBe(stuck);
});
