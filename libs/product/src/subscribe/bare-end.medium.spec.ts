import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { consumingMigrations } from '../migrations/all.js';
import { takeNew } from './inbox.js';
import { UNKNOWN_REVISION } from './received.js';
import type { Received } from './received.js';

let place: TestDatabase;
let database: Database;
beforeAll(async () => {
  place = await testDatabase();
  const migrations = consumingMigrations;
  database = await openDatabase({ url: place.url, entities: [], migrations, poolSize: 2 });
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

/** A record's revision, or its end (`-`) with or without a revision, as it stands at an offset of one partition. */
function at(offset: number, what: string, partition = 3): Received<unknown> {
  const isEnd = what.startsWith('-');
  const revision = isEnd && what === '-' ? UNKNOWN_REVISION : Math.abs(Number(what));
  return {
    origin: { topic: 't', partition, offset: BigInt(offset), timestamp: 0n },
    key: { text: 'p.r', person: 'p', record: 'r' },
    envelope: { id: revision < 0 ? `tombstone:${partition}:${offset}` : what, revision },
    change: isEnd ? 'deleted' : 'updated',
  } as unknown as Received<unknown>;
}

/** What each batch brings a consumer that is new to it, by offset. */
async function taken(consumer: string, ...batches: Received<unknown>[][]): Promise<string[]> {
  const news: string[] = [];
  for (const batch of batches) {
    const found = await takeNew(database.pool as never, consumer, 'latest', batch);
    news.push(found.map(({ origin }) => String(origin.offset)).join(' '));
  }
  return news;
}

it('a tombstone without headers that is read once more ends nothing that came after it', async () => {
  const log = [at(10, '1'), at(11, '-'), at(12, '2')];
  expect(await taken('again', log, log, [at(11, '-')])).toEqual(['10 11 12', '', '']);
  expect(await taken('apart', [log[0]!], [log[1]!], [log[2]!], log)).toEqual([
    '10',
    '11',
    '12',
    '',
  ]);
});

it('another one ends it, and so does the first of a topic that was made anew', async () => {
  const log = [at(10, '1'), at(11, '-'), at(12, '2'), at(13, '-'), at(14, '3')];
  expect(await taken('more', log, log, [at(15, '-')])).toEqual(['10 11 12 13 14', '', '15']);
  expect(await taken('anew', log, [at(2, '-', 0)])).toEqual(['10 11 12 13 14', '2']);
});
