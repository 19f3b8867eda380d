import { Readable } from 'node:stream';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { committingDomain } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { gp, ndjson, nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { emptyAnswer } from './answer.js';
import { Background } from './background.js';
import { Intake } from './intake.js';
import { ProcessLock } from './process-lock.js';
import { Reception } from './reception.js';
import { Submissions } from './submissions.js';

const KEY = Buffer.alloc(32, 17);
const [FEED] = gp.sources;
/** Items of a file that is taken in three units. */
const ITEMS = 1_200;
const PATIENCE = { timeout: 30_000 };
let domain: CommittingDomain;
let submissions: Submissions;
let reception: Reception;

beforeAll(async () => {
  domain = await committingDomain(KEY, { patienceMs: 100 });
  submissions = new Submissions(domain.database.pool, domain.seal);
  reception = new Reception(domain.preparer, domain.committer, 'test');
});
afterAll(() => domain.close());

const file = (name: string): Buffer =>
  Buffer.from(
    ndjson(
      Array.from({ length: ITEMS }, (_, n): Line => ({
        ...{ do: 'put', id: `${name}${n}`, nhs: nhsNumber(n % 40) },
      })),
    ),
  );

const sql = (text: string) => domain.database.pool.query<{ count: string }>(text);

/** Nothing is stored while a revision of this record is among it: the disk is full, and there is room for all that comes later. */
async function refused(sourceRecordId: string): Promise<() => Promise<unknown>> {
  const line: Line = { do: 'put', id: sourceRecordId, nhs: nhsNumber(1) };
  const { changes } = domain.preparer.map(line, '');
  const { record } = changes[0] as { record: string };
  await sql(`CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$`);
  await sql(`CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON record
    FOR EACH ROW WHEN (NEW.record = '${record}') EXECUTE FUNCTION refuse()`);
  return () => sql('DROP FUNCTION refuse CASCADE');
}

const held = async (): Promise<number> =>
  Number((await sql('SELECT count(*) FROM record')).rows[0]!.count);

it('stores no unit of a body behind one that could not be stored, and so gives its key no answer', async () => {
  const intake = new Intake(reception, submissions, () => undefined);
  const take = () =>
    intake.take(FEED!, {
      ...{ contentType: 'application/x-ndjson', idempotencyKey: 'k1', traceparent: undefined },
      body: Readable.from([file('a')]),
    });
  const before = await held();
  const again = await refused('a7');
  await expect(take()).rejects.toMatchObject({ fault: 'cannotStoreNow' });
  expect(await held()).toBe(before);
  await again();
  expect(await take()).toMatchObject({
    ...{ status: 200, answer: { received: ITEMS, accepted: ITEMS, unchanged: 0 } },
  });
  expect(await held()).toBe(before + ITEMS);
});

it('counts no item of a long body as done that was not stored', async () => {
  const before = await held();
  const receipt = 'long';
  await submissions.keepChunk(receipt, 0, file('b'));
  await submissions.keepWaiting({
    ...{ receipt, source: 'feed', contentType: 'application/x-ndjson', idempotencyKey: null },
    ...{ sha256: '', bytes: 1, state: 'waiting', done: 0, traceparent: '' },
    answer: emptyAnswer(receipt),
  });
  const warned: object[] = [];
  const again = await refused('b7');
  const background = new Background({
    ...{ submissions, reception, sources: gp.sources, source: 'feed' },
    lock: new ProcessLock(domain.url, 'background feed'),
    log: { warn: (detail) => void warned.push(detail) },
  });
  background.start();
  await expect.poll(() => warned.length, PATIENCE).toBeGreaterThan(0);
  expect([await held(), await submissions.byReceipt(receipt)]).toMatchObject([
    before,
    { state: 'waiting', done: 0 },
  ]);
  await again();
  await expect
    .poll(async () => (await submissions.byReceipt(receipt))?.state, PATIENCE)
    .toBe('done');
  expect((await submissions.byReceipt(receipt))?.answer).toMatchObject({
    ...{ received: ITEMS, accepted: ITEMS, unchanged: 0 },
  });
  expect(await held()).toBe(before + ITEMS);
  await background.stop();
});

// A long body is more than 5 MB; it is kept whole before any of it is read.
it.each<[string, string, () => Buffer]>([
  ['a short', 'both-short', () => file('c')],
  ['a long', 'both-long', () => Buffer.alloc(6 * 1024 * 1024, '\n')],
])(
  'processes given one key for %s body at once tell the receipt that is kept',
  async (_, idempotencyKey, body) => {
    // Each has looked for the key before any of them keeps its receipt.
    const looked = Promise.withResolvers<void>();
    let looks = 0;
    class Meeting extends Submissions {
      override async byKey(source: string, key: string) {
        const found = await super.byKey(source, key);
        if (++looks === 3) looked.resolve();
        await looked.promise;
        return found;
      }
    }
    const meeting = new Meeting(domain.database.pool, domain.seal);
    const take = () =>
      new Intake(reception, meeting, () => undefined).take(FEED!, {
        ...{ contentType: 'application/x-ndjson', idempotencyKey, traceparent: undefined },
        body: Readable.from([body()]),
      });
    const told = await Promise.all([take(), take(), take()]);
    const receipts = told.map((one) => ('answer' in one ? one.answer.receipt : one.receipt));
    expect(new Set(receipts).size).toBe(1);
    expect(await submissions.byReceipt(receipts[0]!)).toMatchObject({ idempotencyKey });
    const { rows } = await sql(
      `SELECT count(DISTINCT receipt) FROM submission_body WHERE receipt NOT IN (SELECT receipt FROM submission)`,
    );
    expect(rows).toEqual([{ count: '0' }]);
  },
);
