import { names } from '@caremesh/contract';
import { createLogger, openDatabase, problem } from '@caremesh/platform';
import { Seal } from '@caremesh/product';
import { testDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { Cohort } from './choices/cohort.js';
import { Lists } from './choices/lists.js';
import { bytesOf } from './choices/people.js';
import { Sweep } from './choices/sweep.js';
import { refreshTerms } from './choices/terms.js';
import { MergeRelease } from './disclose/merge-release.js';
import { migrations } from './disclosure.module.js';
import { disclosureErrors } from './errors.js';
import { ViewStore } from './views/view-store.js';
import { ViewWatch } from './views/view-watch.js';
import { Leftovers } from './withdrawal/leftovers.js';

const seal = new Seal(new Uint8Array(32).fill(1));
const log = createLogger('spec', 'silent');
const viewOf = (grant: string) => `share.${grant}.x.y.v1`;
/** Of the first recipient the pseudonym key cannot be opened; the other's view can be written. */
const plans = {
  of: ({ topic }: { topic: string }) =>
    topic === viewOf('g1')
      ? Promise.reject(problem(disclosureErrors.keyNotOpened, 'wrapped by another'))
      : Promise.resolve({
          ...{ topic, codes: '', product: 'x.y' },
          ...{ encode: () => Buffer.from('v'), decode: () => ({}) },
          names: { event: (text: string) => text, record: (_: string, id: string) => id },
          writer: { body: () => Buffer.from('b') },
        }),
} as never;

let place: Awaited<ReturnType<typeof testDatabase>>;
let database: Awaited<ReturnType<typeof openDatabase>>;
let written: string[] = [];
const outbox = {
  write: (_: unknown, all: readonly { topics: string[] }[]) =>
    Promise.resolve(void written.push(...all.flatMap(({ topics }) => topics))),
} as never;

beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations });
  const { pool } = database;
  await pool.query(`INSERT INTO edition (topic) VALUES ('e')`);
  const organisations = [
    [1, 'AAA'],
    [2, 'BBB'],
  ] as const;
  for (const [id, organisation] of organisations) {
    await pool.query(
      `INSERT INTO view (topic, edition, grant_id, product, major, organisation, purpose, schema_id, active, key_opt_out)
       VALUES ($1, 'e', 'g', 'x.y', 1, $2, 'research', 1, true, 'applies')`,
      [viewOf(`g${id}`), organisation],
    );
    await pool.query('INSERT INTO view_terms (view_id, opt_out) VALUES ($1, true)', [id]);
    await pool.query(
      `INSERT INTO view_record (view_id, source_key, revision, live, unsure)
       VALUES ($1, 'lasting.r', 1, true, false), ($1, 'former.r', 1, true, false)`,
      [id],
    );
    await pool.query(
      `INSERT INTO view_person (view_id, source_person, pseudonym, sequence) VALUES ($1, 'lasting', 'P', 1), ($1, 'former', 'Q', 0)`,
      [id],
    );
    await pool.query(
      `INSERT INTO view_merge (view_id, survivor, source_key, envelope, value, told)
       VALUES ($1, 'lasting', 'former.r', '{"key":"Q.r","eventId":"e","revision":1}', '', false)`,
      [id],
    );
    const [listed, asked] = [Uint32Array.of(900_000_001), Uint32Array.of(900_000_001, 900_000_002)];
    await pool.query(
      `INSERT INTO check_list (organisation, number, received_at, listed, answered, swept) VALUES ($1, 1, now(), $2, $3, false)`,
      [
        organisation,
        seal.close(bytesOf(listed), `cleaned list/${organisation}`),
        seal.close(bytesOf(asked), `answered about/${organisation}`),
      ],
    );
  }
});
afterAll(async () => {
  await database?.close();
  await place?.drop();
});

/** What is written by a look, which tells the first recipient's trouble at its end. */
async function lookOf(work: { look(): Promise<void> }): Promise<string[]> {
  written = [];
  await expect(work.look()).rejects.toMatchObject({ code: 'MESH-4002' });
  return [...new Set(written)];
}

const sweeping = () => {
  const { pool } = database;
  const lists = new Lists({ pool, seal, maxAgeMs: 86_400_000 });
  const store = new ViewStore(pool, names.secondaryTopic);
  return new Sweep({ pool, store, plans, outbox, lists, cohort: new Cohort(seal), log });
};

it('releases the merges of a view while another cannot be written', async () => {
  const { pool } = database;
  expect(await lookOf(new MergeRelease(pool, plans, outbox))).toEqual([viewOf('g2')]);
  const { rows } = await pool.query('SELECT view_id, told FROM view_merge ORDER BY view_id');
  expect(rows).toEqual([
    { view_id: 1, told: false },
    { view_id: 2, told: true },
  ]);
});

it('ends what is left over in a view while another cannot be written', async () => {
  const { pool } = database;
  const store = new ViewStore(pool, names.secondaryTopic);
  await pool.query('UPDATE view_record SET unsure = true');
  const leftovers = new Leftovers({ pool, store, plans, outbox, log });
  expect(await lookOf(leftovers)).toEqual([viewOf('g2')]);
  await pool.query('UPDATE view_record SET unsure = false, live = true');
});

it('withdraws who opted out from a view while another cannot be written, whose list is not swept', async () => {
  expect(await lookOf(sweeping())).toEqual([viewOf('g2')]);
  const { rows } = await database.pool.query(
    'SELECT organisation, swept FROM check_list ORDER BY organisation',
  );
  expect(rows).toEqual([
    { organisation: 'AAA', swept: false },
    { organisation: 'BBB', swept: true },
  ]);
});

it('begins a view whose edition is there while that of another is not', async () => {
  const { pool } = database;
  await pool.query('UPDATE view SET active = false');
  const granted = (grantId: string, product: string) => ({
    ...{ topic: `share.${grantId}.${product}.v1`, grantId, product, major: 1, schemaId: 1 },
    recipient: { organisation: 'CCC', purpose: 'research' },
    ...{ commonLaw: 's251', exemption: null, erase: false },
  });
  const store = new ViewStore(pool, names.secondaryTopic);
  const followed: string[] = [];
  const watch = new ViewWatch({
    governance: {
      activeViews: () => Promise.resolve([granted('g3', 'gp.a'), granted('g4', 'acute.b')]),
    },
    ...{ store, log, part: 'disclosure', lanesHere: () => [0] },
    plans: { of: () => Promise.resolve({ codes: '' }) },
    transport: {
      follow: (topic: string) => void followed.push(topic),
      unfollow: () => Promise.resolve(),
    },
    topics: {
      ...{ begin: () => Promise.resolve(), lastWords: () => Promise.resolve({}) },
      committed: () => Promise.resolve(new Map()),
      ends: (edition: string) =>
        edition.startsWith('gp.')
          ? Promise.reject(new Error('no such topic'))
          : Promise.resolve(new Map([[0, 1n]])),
    },
    absence: { heed: () => Promise.resolve(false), note: () => Promise.resolve() },
  } as unknown as ConstructorParameters<typeof ViewWatch>[0]);
  await watch.look();
  expect((await store.all()).filter(({ active }) => active).map(({ topic }) => topic)).toEqual([
    'share.g4.acute.b.v1',
  ]);
  await expect.poll(() => followed).toContain(names.secondaryTopic('acute.b', 1));
  expect(watch.isReading).toBe(true);
});

it('changes the terms of a view while a list is put in force, and neither fails', async () => {
  const { pool } = database;
  await pool.query(`UPDATE view SET active = true WHERE topic = $1`, [viewOf('g1')]);
  await pool.query(`UPDATE view_terms SET holds_back = true WHERE view_id = 1`);
  const lists = new Lists({ pool, seal, maxAgeMs: 86_400_000 });
  const accepting = await pool.connect();
  await accepting.query('BEGIN');
  await accepting.query(`SELECT FROM check_list WHERE organisation = 'AAA' FOR UPDATE`);
  const changing = refreshTerms(pool, [
    {
      ...{ topic: viewOf('g1'), grantId: 'g', product: 'x.y', major: 1, schemaId: 1 },
      recipient: { organisation: 'AAA', purpose: 'research' },
      ...{ commonLaw: 'consent', exemption: null, erase: true },
    },
  ] as never);
  await expect
    .poll(async () => {
      const { rows } = await pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length;
    })
    .toBe(1);
  const asked = Uint32Array.of(900_000_001, 900_000_003);
  await lists.accept(accepting, 'AAA', { listed: asked, asked });
  await accepting.query('COMMIT');
  accepting.release();
  await changing;
  const { rows } = await pool.query('SELECT erase, refill FROM view_terms WHERE view_id = 1');
  expect(rows).toEqual([{ erase: true, refill: true }]);
});
