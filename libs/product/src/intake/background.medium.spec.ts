import { setTimeout as sleep } from 'node:timers/promises';

import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { domainMigrations } from '../migrations/all.js';
import { gp } from '../rig/feed.js';
import { Seal } from '../sealing/seal.js';
import { emptyAnswer } from './answer.js';
import { Background } from './background.js';
import { ProcessLock } from './process-lock.js';
import type { Receiver } from './reception.js';
import { Submissions } from './submissions.js';

let place: TestDatabase;
let database: Database;
let submissions: Submissions;

beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations: domainMigrations });
  submissions = new Submissions(database.pool, new Seal(Buffer.alloc(32, 5)));
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

/** A stored body of one piece that waits to be worked through. */
async function keep(receipt: string): Promise<void> {
  await submissions.keepChunk(receipt, 0, Buffer.from(receipt));
  await submissions.keepWaiting({
    ...{ receipt, source: 'feed', contentType: 'application/x-ndjson', idempotencyKey: null },
    ...{ sha256: '', bytes: 1, state: 'waiting', done: 0, traceparent: '' },
    answer: emptyAnswer(receipt),
  });
}

/** A process: what it worked through is added to `log`, as it begins and as it ends. */
function process(log: string[], queue: Submissions = submissions): Background {
  const reception: Receiver = {
    async receive(_source, body, _arrival, { receipt, onUnit }) {
      log.push(`begins ${receipt}`);
      if (receipt === 'broken') throw new TypeError('a fault of the program');
      for await (const chunk of body) expect(Buffer.from(chunk).toString()).toBe(receipt);
      await sleep(30);
      const [statement] = onUnit(0, { stored: 1, outcomes: [] }, true);
      log.push(`ends ${receipt}`);
      await database.pool.query(statement!);
    },
  };
  return new Background({
    ...{ submissions: queue, reception, sources: gp.sources, source: 'feed' },
    lock: new ProcessLock(place.url, 'background feed'),
    log: { warn: () => undefined },
  });
}

const inOrder = (receipts: string[]) => receipts.flatMap((one) => [`begins ${one}`, `ends ${one}`]);

async function untilEnded(log: string[], receipt: string): Promise<void> {
  for (let i = 0; i < 1_200 && !log.includes(`ends ${receipt}`); i++) await sleep(50);
}

it('works each submission through once and in order, however many processes there are', async () => {
  for (const receipt of ['r1', 'r2', 'r3']) await keep(receipt);
  const log: string[] = [];
  const [one, two] = [process(log), process(log)];
  one.start();
  two.start();
  await untilEnded(log, 'r3');
  expect(log).toEqual(inOrder(['r1', 'r2', 'r3']));
  await Promise.all([one.stop(), two.stop()]);
});

it('gives up a submission that the program cannot work through, and goes on with the next', async () => {
  for (const receipt of ['broken', 'r5']) await keep(receipt);
  const log: string[] = [];
  const one = process(log);
  one.start();
  await untilEnded(log, 'r5');
  expect(log).toEqual(['begins broken', 'begins broken', 'begins broken', ...inOrder(['r5'])]);
  const given = await submissions.byReceipt('broken');
  expect(given).toMatchObject({ state: 'failed', answer: { errors: [{ code: 'MESH-2810' }] } });
  await one.stop();
});

it('leaves the queue to another process when it stops', async () => {
  const log: string[] = [];
  const [one, two] = [process(log), process(log)];
  one.start();
  await one.stop();
  await keep('r4');
  two.start();
  await untilEnded(log, 'r4');
  expect(log).toEqual(inOrder(['r4']));
  await two.stop();
});

it('begins at once with what was stored while it looked, and ends as soon', async () => {
  const log: string[] = [];
  let looks = 0;
  let stored = () => undefined as void;
  const whileLooking = new Proxy(submissions, {
    get(real, name) {
      const value: unknown = Reflect.get(real, name);
      if (typeof value !== 'function') return value;
      if (name !== 'nextWaiting') return value.bind(real) as unknown;
      return async (source: string) => {
        const found = await real.nextWaiting(source);
        looks += 1;
        if (looks === 1) {
          await keep('r6');
          stored();
        }
        return found;
      };
    },
  });
  const one = process(log, whileLooking);
  stored = () => one.wake();
  const begun = Date.now();
  one.start();
  await untilEnded(log, 'r6');
  expect(log).toEqual(inOrder(['r6']));
  await one.stop();
  // A look without anything to do is five seconds away.
  expect(Date.now() - begun).toBeLessThan(4_500);
});
