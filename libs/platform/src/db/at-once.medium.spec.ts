import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { atOnce } from './at-once.js';

const insert = (id: number, colour: string | null) => ({
  name: 'insert',
  text: 'INSERT INTO parcel (id, colour) VALUES ($1, $2)',
  values: [id, colour],
});
const read = (...ids: number[]) => ({
  name: 'read',
  rowMode: 'array' as const,
  text: 'SELECT id, colour, made, extra FROM parcel WHERE id = ANY($1::int[]) ORDER BY id',
  values: [ids],
});

const MADE = new Date('2026-01-01T00:00:00Z');

let place: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  place = await testDatabase();
});
afterAll(() => place.drop());

beforeEach(async () => {
  client = new pg.Client({ connectionString: place.url, pipeline: true });
  await client.connect();
  await client.query(`CREATE TABLE parcel (id int PRIMARY KEY, colour text NOT NULL,
    made timestamptz NOT NULL DEFAULT '2026-01-01T00:00:00Z', extra jsonb)`);
});
afterEach(async () => {
  await client.query('DROP TABLE parcel');
  await client.end();
});

test('gives the rows of each statement in its place, as often as it is asked', async () => {
  for (const id of [1, 3, 5]) {
    const answers = await atOnce(client, [
      insert(id, 'red'),
      read(id),
      insert(id + 1, 'blue'),
      read(id + 1),
    ]);
    expect(answers).toEqual([[], [[id, 'red', MADE, null]], [], [[id + 1, 'blue', MADE, null]]]);
  }
  expect(await atOnce(client, [])).toEqual([]);
});

test('all that was sent at once is one transaction', async () => {
  const other = new pg.Client({ connectionString: place.url });
  await other.connect();
  const transaction = {
    name: 'transaction',
    rowMode: 'array' as const,
    text: 'SELECT pg_current_xact_id()::text',
    values: [],
  };
  const [first, , , second] = await atOnce(client, [
    transaction,
    insert(1, 'red'),
    insert(2, 'blue'),
    transaction,
  ]);
  expect(second).toEqual(first);
  expect((await other.query('SELECT id FROM parcel ORDER BY id')).rows).toEqual([
    { id: 1 },
    { id: 2 },
  ]);
  await other.end();
});

test('one that fails takes all back, is what is thrown, and what was prepared with it works the next time', async () => {
  await atOnce(client, [insert(1, 'red')]);
  const failed = atOnce(client, [
    insert(2, 'blue'),
    insert(3, null),
    insert(4, 'green'),
    read(1, 2, 3, 4),
  ]);
  await expect(failed).rejects.toMatchObject({ code: '23502' });
  const [rows] = await atOnce(client, [read(1, 2, 3, 4)]);
  expect(rows!.map(([id]) => id)).toEqual([1]);
  const misspelt = { name: 'misspelt', text: 'SELECT FROM parcell', values: [] };
  await expect(atOnce(client, [misspelt, insert(5, 'red')])).rejects.toMatchObject({
    code: '42P01',
  });
  await client.query('CREATE TABLE parcell ()');
  await atOnce(client, [misspelt, insert(5, 'red')]);
  await client.query('DROP TABLE parcell');
});

test('several on their way, and queries between them, are each answered for themselves', async () => {
  const [, failed, counted, found] = await Promise.allSettled([
    atOnce(client, [insert(1, 'red')]),
    atOnce(client, [insert(2, 'blue'), insert(2, 'blue')]),
    client.query('SELECT count(*)::int FROM parcel'),
    atOnce(client, [insert(3, 'green'), read(1, 2, 3)]),
  ]);
  expect(failed).toMatchObject({ status: 'rejected', reason: { code: '23505' } });
  expect(counted).toMatchObject({ value: { rows: [{ count: 1 }] } });
  expect(found).toMatchObject({
    value: [
      [],
      [
        [1, 'red', MADE, null],
        [3, 'green', MADE, null],
      ],
    ],
  });
});

test('a lost connection is told to all that wait for it', async () => {
  client.on('error', () => undefined);
  const waiting = [
    atOnce(client, [{ name: 'sleep', text: 'SELECT pg_sleep(60)', values: [] }]),
    atOnce(client, [read(1)]),
  ];
  const told = Promise.allSettled(waiting);
  const other = new pg.Client({ connectionString: place.url });
  await other.connect();
  await other.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
  );
  expect((await told).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  client = other;
});

test('two texts cannot have one name', async () => {
  await atOnce(client, [insert(1, 'red')]);
  await expect(atOnce(client, [{ ...insert(2, 'red'), text: 'SELECT 1' }])).rejects.toThrow(
    'Two statements are called insert',
  );
  expect(await atOnce(client, [insert(2, 'red')])).toEqual([[]]);
});
