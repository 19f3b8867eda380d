import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { Seal } from '@caremesh/product';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import type { Pool, PoolClient } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';

import { migrations } from '../disclosure.module.js';
import type { ProductReceived } from '../disclose/product-record.js';
import { Cohort } from './cohort.js';
import { bytesOf, nhsNumberOf } from './people.js';

const EDITION = 'gp.medication-statement.secondary.v1';
const seal = new Seal(Buffer.alloc(32, 3));
let place: TestDatabase;
let database: Database;
let cohort: Cohort;

/** Bodies of numbers of the test range that have a check digit. */
const BODIES = Array.from({ length: 40 }, (_, n) => 910_000_000 + n).filter(
  (body) => nhsNumberOf(body).length === 10,
);

beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations });
  await database.pool.query('INSERT INTO edition (topic) VALUES ($1)', [EDITION]);
});
afterAll(async () => {
  await database.close();
  await place.drop();
});
beforeEach(async () => {
  cohort = new Cohort(seal);
  await database.pool.query('TRUNCATE cohort_person');
});

const recordsOf = (bodies: readonly number[]): ProductReceived[] =>
  bodies.map((body) => ({
    key: { person: `person-${body}` },
    value: { nhsNumber: nhsNumberOf(body) },
  })) as unknown as ProductReceived[];

const note = (bodies: readonly number[], client: Pick<PoolClient, 'query'> = database.pool) =>
  cohort.note(client, EDITION, recordsOf(bodies));

/** As if everybody had come so long ago that no batch of then is under way. */
const longAgo = () =>
  database.pool.query(`UPDATE cohort_person SET seen_at = seen_at - interval '1 hour'`);

/** Whom it finds, and how many rows it read for that. */
async function found(): Promise<{ people: number[]; rows: number; read: number }> {
  let read = 0;
  const { pool } = database;
  const counted = {
    async query(text: string, values?: unknown[]) {
      const answer = await pool.query<{ sealed?: Buffer }>(text, values);
      read += answer.rows.filter(({ sealed }) => sealed !== undefined).length;
      return answer;
    },
  };
  const { numbers, rows } = await cohort.numbers(counted as unknown as Pool, [EDITION]);
  return { people: [...numbers], rows, read };
}

test('a person is read once, and not again for each list', async () => {
  await note(BODIES.slice(0, 20));
  await longAgo();
  expect(await found()).toEqual({ people: BODIES.slice(0, 20), rows: 20, read: 20 });
  await note(BODIES.slice(20, 23));
  expect(await found()).toEqual({ people: BODIES.slice(0, 23), rows: 23, read: 3 });
  // Young enough to be read again, and known.
  expect(await found()).toEqual({ people: BODIES.slice(0, 23), rows: 23, read: 3 });
  await longAgo();
  expect(await found()).toEqual({ people: BODIES.slice(0, 23), rows: 23, read: 0 });
});

test('people of a batch that began before the last look and was committed after it are found, and they alone', async () => {
  await note(BODIES.slice(0, 20));
  await longAgo();
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    await note(BODIES.slice(20, 23), client);
    const age = `SELECT clock_timestamp() - now() > interval '1500 ms' AS old`;
    await vi.waitFor(
      async () => expect((await client.query(age)).rows).toEqual([{ old: true }]),
      10_000,
    );
    expect(await found()).toEqual({ people: BODIES.slice(0, 20), rows: 20, read: 20 });
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  expect(await found()).toEqual({ people: BODIES.slice(0, 23), rows: 23, read: 3 });
});

test('should one be older still, everybody is read again', async () => {
  await note(BODIES.slice(0, 20));
  expect((await found()).people).toEqual(BODIES.slice(0, 20));
  await note(BODIES.slice(20, 23));
  await longAgo();
  expect(await found()).toEqual({ people: BODIES.slice(0, 23), rows: 23, read: 23 });
});

test('what many came in at one moment is read page by page, each once', async () => {
  const sealed = (body: number) =>
    seal.close(bytesOf(new Uint32Array([body])), `cohort/${EDITION}/person-${body}`);
  const many = Array.from({ length: 25_000 }, (_, n) => 910_000_000 + n);
  await database.pool.query(
    `INSERT INTO cohort_person (edition, source_person, sealed)
     SELECT $1, * FROM unnest($2::text[], $3::bytea[])`,
    [EDITION, many.map((body) => `person-${body}`), many.map(sealed)],
  );
  expect(await found()).toEqual({ people: many, rows: 25_000, read: 25_000 });
});
