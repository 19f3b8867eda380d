import { openDatabase } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Store } from './store.js';

let place: TestDatabase;
let store: Store;
/** Ends connections from outside. */
let other: pg.Client;

beforeAll(async () => {
  place = await testDatabase();
  other = new pg.Client({ connectionString: place.url });
  await other.connect();
  const database = await openDatabase({
    url: place.url,
    entities: [],
    migrations: [],
    poolSize: 2,
  });
  store = new Store(database);
});
afterAll(async () => {
  await store.close();
  await other.end();
  await place.drop();
});

it('one at a time holds a lock, and none where nothing is due', async () => {
  const within = await store.exclusively('one', () => store.exclusively('one', async () => 'both'));
  expect(within).toBeNull();
  expect(await store.exclusively('one', async () => 'alone')).toBe('alone');
  const isDue = async () => false;
  expect(await store.exclusively('one', async () => 'alone', isDue)).toBeNull();
});

it('a lock whose connection ends amid the work is an error of that work, and no end of the service', async () => {
  const lost = store.exclusively('two', () =>
    other.query(`SELECT pg_terminate_backend(pid, 60000) FROM pg_locks
      WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`),
  );
  await expect(lost).rejects.toThrow();
  expect(await store.exclusively('two', async () => 'again')).toBe('again');
});
