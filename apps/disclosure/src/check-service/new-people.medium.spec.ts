import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';

import { migrations } from '../disclosure.module.js';
import { NewPeople } from './new-people.js';

const MINUTE = 60_000;
const [ONE, OTHER] = ['gp.medication-statement.secondary.v1', 'acute.inpatient-spell.secondary.v1'];
let place: TestDatabase;
let database: Database;
let client: PoolClient;
let newPeople: NewPeople;
let number = 0;

beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations });
  client = await database.pool.connect();
  await client.query('INSERT INTO edition (topic) VALUES ($1), ($2)', [ONE, OTHER]);
});
afterAll(async () => {
  client.release();
  await database.close();
  await place.drop();
});
beforeEach(async () => {
  newPeople = new NewPeople();
  await client.query('TRUNCATE cohort_person');
});

/** Rows of people seen so many minutes ago. */
async function seen(people: number, minutesAgo: number, edition = ONE): Promise<void> {
  await client.query(
    `INSERT INTO cohort_person (edition, source_person, sealed, seen_at)
     SELECT $1, 'person ' || ($2::int + n), '', now() - $3::int * interval '1 minute' FROM generate_series(1, $4::int) n`,
    [edition, number, minutesAgo, people],
  );
  number += people;
}
const since = (minutesAgo: number | null, askedRows: number, editions = [ONE]) => {
  const asked = minutesAgo === null ? null : Date.now() - minutesAgo * MINUTE;
  return newPeople.since(client, { organisation: 'QUY', editions, asked, askedRows });
};

it('tells those who came after the request, and not those it was about', async () => {
  await seen(3, 20);
  expect(await since(10, 3)).toBe(false);
  await seen(1, 0);
  expect(await since(10, 3)).toBe(true);
  expect(await since(0, 4)).toBe(false);
});

it('tells those of a batch that began before the request and was committed after it', async () => {
  await seen(3, 20);
  await seen(1, 3);
  expect(await since(1, 3)).toBe(true);
});

it('tells those of a batch that was under way at the last look', async () => {
  newPeople = new NewPeople(0);
  await seen(3, 20);
  const batch = await database.pool.connect();
  try {
    await batch.query('BEGIN');
    await batch.query(
      `INSERT INTO cohort_person (edition, source_person, sealed) VALUES ($1, 'late', '')`,
      [ONE],
    );
    const age = `SELECT clock_timestamp() - now() > interval '1500 ms' AS old`;
    await vi.waitFor(
      async () => expect((await batch.query(age)).rows).toEqual([{ old: true }]),
      10_000,
    );
    expect(await since(1, 3)).toBe(false);
    await batch.query('COMMIT');
  } finally {
    batch.release();
  }
  expect(await since(1, 3)).toBe(true);
});

it('counts the people once where nobody comes any more', async () => {
  newPeople = new NewPeople(0);
  await seen(3, 1);
  const query = vi.spyOn(client, 'query');
  try {
    for (let look = 0; look < 5; look++) expect(await since(0, 3)).toBe(false);
    const texts = query.mock.calls.map(([text]) => String(text));
    expect(texts.filter((text) => text.startsWith('SELECT count(*)'))).toHaveLength(1);
  } finally {
    query.mockRestore();
  }
});

it('looks anew where the organisation has another edition', async () => {
  await seen(3, 20);
  await seen(2, 8, OTHER);
  expect(await since(10, 3)).toBe(false);
  expect(await since(10, 3, [ONE, OTHER].sort())).toBe(true);
});

it('tells of everybody where nothing was ever asked', async () => {
  await seen(1, 100);
  expect(await since(null, 0)).toBe(true);
});
