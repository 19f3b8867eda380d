import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { ProductReceived } from '../disclose/product-record.js';
import { takeSteps } from '../disclose/view-state.js';
import { migrations } from '../disclosure.module.js';
import type { ViewPlan } from '../views/plan.js';
import { withdrawPeople } from './withdraw.js';

const KEYS = 3;
const ALL = 1_000;
let place: TestDatabase;
let database: Database;
beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations, byKey: true });
});
afterAll(async () => {
  await database.close();
  await place.drop();
});

/** What happens to a view: each record is somebody's only one. A relay that died sends again the last words it had sent. */
type Happening =
  | { what: 'told' | 'ended' | 'out' | 'lifted'; key: number }
  | { what: 'sent again' | 'follow' | 'fill'; most: number };
const key = fc.nat({ max: KEYS - 1 });
const most = fc.integer({ min: 1, max: 3 });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('told' as const, 'ended'), key }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constantFrom('out' as const, 'lifted'), key }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constantFrom('follow' as const, 'fill'), most }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('sent again' as const), most }) },
);

const on = (what: 'told' | 'ended' | 'out' | 'lifted', key: number): Happening => ({ what, key });
const some = (what: 'sent again' | 'follow' | 'fill', most = ALL): Happening => ({ what, most });
/** A choice is lifted, and while what lies before is read again for it: what chance tells too seldom. */
const LIFTED = [on('told', 0), on('told', 1), some('follow'), on('out', 0), on('lifted', 0)];
const TOLD: [Happening[]][] = [
  // Somebody else's record ends, which the filling finds as it was.
  [[...LIFTED, some('fill', 1), on('ended', 1), some('follow'), some('fill')]],
  // Theirs ends before the filling comes to it.
  [[on('told', 2), ...LIFTED, some('fill', 1), on('ended', 0), some('follow'), some('fill')]],
  // They choose again, and back, while it is under way.
  [[on('told', 2), ...LIFTED, some('fill', 2), on('out', 0), on('lifted', 0), some('fill')]],
  // What had ended before is sent again by a relay that died.
  [
    [
      ...LIFTED,
      on('ended', 1),
      some('follow'),
      some('sent again', 3),
      some('follow'),
      some('fill'),
    ],
  ],
];

type Word = { key: number; revision: number; ends: boolean };
const keyOf = (n: number): string => `${'abcde'[n]!.repeat(26)}.${'r'.repeat(26)}`;

function received({ key: n, revision, ends }: Word): ProductReceived {
  const text = keyOf(n);
  return {
    change: ends ? 'deleted' : 'updated',
    key: { text, person: text.slice(0, 26), record: text.slice(27) },
    envelope: { id: `${n}/${revision}`, revision },
  } as unknown as ProductReceived;
}

/** One view of an edition that lies in memory, read as the transport reads it; `out` are those whom no list lets through. */
async function stage() {
  const { pool } = database;
  const { rows } = await pool.query<{ id: number }>(
    `WITH of AS (INSERT INTO edition (topic) VALUES (gen_random_uuid()) RETURNING topic)
     INSERT INTO view (topic, edition, grant_id, product, major, organisation, purpose, schema_id, active, key_opt_out)
     SELECT topic, topic, '', '', 1, '', '', 1, true, 'applies' FROM of RETURNING id`,
  );
  const viewId = rows[0]!.id;
  const log: Word[] = [];
  const out = new Set<number>();
  const last = new Map<number, number>();
  let [followed, generation, isDue] = [0, 1, false];
  let filling: { at: number; until: number; words: Map<number, number> } | null = null;

  const take = async (words: readonly Word[], fills: boolean) => {
    const may = words.filter((one) => one.ends || !out.has(one.key));
    const client = await pool.connect();
    const view = { viewId, generation, records: may.map(received) };
    const [steps] = await takeSteps(client, [view], fills).finally(() => client.release());
    for (const { key: of, change, envelope } of steps!) {
      const n = 'abcde'.indexOf(of.text[0]!);
      // Above all that was told before; and nothing that is over by what was followed so far.
      expect(envelope.revision).toBeGreaterThan(last.get(n) ?? -1);
      last.set(n, envelope.revision);
      const [, revision] = /\/(\d+)/.exec(envelope.id)!;
      const isOver = (one: Word) => one.key === n && one.ends && one.revision > Number(revision);
      if (change !== 'deleted') expect(log.slice(0, followed).filter(isOver)).toEqual([]);
    }
  };
  const say = (n: number, ends: boolean) => {
    const before = log.filter((one) => one.key === n).map(({ revision }) => revision);
    log.push({ key: n, revision: Math.max(0, ...before) + 1, ends });
  };
  const isLive = async (n: number) => {
    const { rowCount } = await pool.query(
      `SELECT FROM view_record WHERE view_id = $1 AND source_key = $2 AND live`,
      [viewId, keyOf(n)],
    );
    return rowCount === 1;
  };
  const happenings = {
    told: (n: number) => Promise.resolve(say(n, false)),
    ended: (n: number) => Promise.resolve(say(n, true)),
    'sent again': (count: number) => Promise.resolve(void log.push(...log.slice(-count))),
    async out(n: number) {
      out.add(n);
      if (await isLive(n)) last.set(n, last.get(n)! + 1);
      const client = await pool.connect();
      const plan = { topic: 'share.abcdefgh.gp.x.v1' } as ViewPlan;
      await withdrawPeople(client, viewId, plan, [keyOf(n).slice(0, 26)]).finally(() =>
        client.release(),
      );
    },
    lifted(n: number) {
      if (out.delete(n)) isDue = true;
      return Promise.resolve();
    },
    async follow(count: number) {
      const batch = log.slice(followed, followed + count);
      if (batch.length > 0) await take(batch, false);
      followed += batch.length;
    },
    /** Begins one if it is due and none is under way, and goes on with it; told is the last word of what lies before. */
    async fill(count: number) {
      if (filling === null) {
        if (!isDue) return;
        [isDue, generation] = [false, generation + 1];
        await pool.query(`UPDATE view SET generation = $2 WHERE id = $1`, [viewId, generation]);
        const words = new Map<number, number>();
        for (const { key: n, revision } of log.slice(0, followed))
          words.set(n, Math.max(revision, words.get(n) ?? 0));
        filling = { at: 0, until: followed, words };
      }
      const { at, until, words } = filling;
      const batch = log.slice(at, Math.min(at + count, until));
      const told = batch.filter((one) => one.revision === words.get(one.key));
      if (told.length > 0) await take(told, true);
      filling = at + batch.length >= until ? null : { at: at + batch.length, until, words };
    },
  };
  return { log, out, isLive, happenings, more: () => isDue || filling !== null };
}

test('whatever is ended, chosen, lifted and sent again: what is over never comes back, what may be disclosed is there at last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 6, maxLength: 30 }), async (story) => {
      const { log, out, isLive, happenings, more } = await stage();
      for (const one of story) {
        if ('key' in one) await happenings[one.what](one.key);
        else await happenings[one.what](one.most);
      }
      await happenings.follow(ALL);
      while (more()) await happenings.fill(ALL);
      for (let n = 0; n < KEYS; n++) {
        const words = log.filter((one) => one.key === n);
        const final = words.toSorted((a, b) => a.revision - b.revision).at(-1);
        expect(await isLive(n)).toBe(final?.ends === false && !out.has(n));
      }
      // Of what ended, the same is known whoever ended it: a row says no more than that, when, and how often.
      const { rows } = await database.pool.query(
        `SELECT FROM view_record WHERE NOT live AND (revision < 0 OR shift < 2 OR shift % 2 <> 0)`,
      );
      expect(rows).toEqual([]);
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60), examples: TOLD },
  );
});
