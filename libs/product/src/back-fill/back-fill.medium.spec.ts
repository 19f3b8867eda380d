import { afterAll, beforeAll, expect, it } from 'vitest';

import { runProduct } from '../approval/live-product.js';
import { defineProduct } from '../define/product.js';
import { defineSource } from '../define/source.js';
import { Committer } from '../intake/committer.js';
import { Preparer } from '../intake/prepare.js';
import type { RunningProduct } from '../intake/prepare.js';
import { Routes } from '../outbox/outbox.js';
import { unpacked } from '../outbox/pack.js';
import type { OutboxRow } from '../outbox/pack.js';
import { endOf } from '../retention/keep-retention.js';
import { ARRIVAL, committingDomain, folder } from '../rig/committing-domain.js';
import type { CommittingDomain } from '../rig/committing-domain.js';
import { nhsNumber, ODS } from '../rig/feed.js';
import { readBody } from '../rig/read-body.js';
import { CONTRACT, SCHEMA_ID } from '../rig/small-mesh.js';
import { heldRecord, publishedId } from '../state/model.js';
import { keepBackFilling, tellEarlier } from './back-fill.js';

type Content = { medicationText?: string | null; postcode?: string | null };
/** A message that states part of a record. */
type Message = { do?: 'retract'; id: string; at: number; opens?: true; closes?: true } & Content;

const KEY = Buffer.alloc(32, 13);
const FIXED = { medicationStatementId: 'm', recordedAs: 'statement', status: 'active' };

const feed = defineSource<Message>({
  ...{ name: 'feed', method: 'http', contentTypes: ['application/x-ndjson'] },
  // The spec hands its items over itself.
  async *read() {
    yield* [];
  },
});
const first = defineProduct<Message, Content>({
  contract: CONTRACT,
  from: feed,
  map: ({ do: what, id, at, opens, closes, ...content }) => {
    const time = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
    const local = { issuer: ODS, id: `person of ${id}` };
    const person = { nhsNumber: nhsNumber(900), nhsNumberStatus: '01', local };
    const head = { sourceRecordId: id, publisherOds: ODS, at: time, person };
    return what === 'retract'
      ? [{ ...head, change: 'retract', ...(closes && { closes }) }]
      : [
          {
            ...{ ...head, change: 'upsert', content: { ...FIXED, ...content } },
            ...(opens && { opens }),
          },
        ];
  },
  carry: (held, incoming) => ({ ...held, ...incoming }),
});
const second = { ...first, fromEarlier: (held: Content) => held };

let domain: CommittingDomain;
let majors: RunningProduct[];
let committer: Committer;
let preparer: Preparer;
let index = 0;

beforeAll(async () => {
  domain = await committingDomain(KEY, { product: first, hasSecondary: false });
  ({ committer, preparer } = domain);
});
afterAll(() => domain.close());

/** Approves the second major, which nothing has been filled into yet. */
async function openSecond(): Promise<void> {
  const { contract } = folder;
  const topic = 'gp.medication-statement.v2';
  const running = await runProduct(
    second,
    { ...folder, contract: { ...contract, major: 2 } },
    { ...{ topic, schemaId: SCHEMA_ID, schema: folder.schema }, secondary: null },
    {
      routes: new Routes(domain.database.pool),
      registryUrl: 'http://registry',
      schemaOf: async () => null,
    },
  );
  majors = [domain.running, running];
  tellEarlier(majors);
  preparer = new Preparer(KEY, majors);
}

/** Commits messages one by one; what became of each. */
async function settled(...messages: Message[]): Promise<string[]> {
  const outcomes: string[] = [];
  for (const message of messages) {
    const head = { index: index++, sourceId: null, raw: JSON.stringify(message), at: null };
    const item = preparer.prepare({ ...head, record: message }, ARRIVAL);
    for (const { outcome } of await committer.commit({ items: [item] })) outcomes.push(outcome);
  }
  return outcomes;
}

async function fill(): Promise<void> {
  const done = new AbortController();
  const { pool } = domain.database;
  const log = { warn: () => done.abort(), info: () => undefined };
  const looks = keepBackFilling({ pool, committer, products: () => majors, log }, 1, done.signal);
  await expect.poll(missing).toBe(0);
  done.abort();
  await looks;
}

async function missing(): Promise<number> {
  const { rows } = await domain.database.pool.query(
    `SELECT 1 FROM record a WHERE length(record) = 26
       AND NOT EXISTS (SELECT FROM record b WHERE b.record = a.record || '.v2')`,
  );
  return rows.length;
}

type Held = { record: string; text: string | null; postcode: string | null } & Record<
  string,
  unknown
>;

/** What a major holds, by published id, its revisions apart: that is the number of times that it was published. */
async function held(running: RunningProduct): Promise<Held[]> {
  const { rows } = await domain.database.pool.query<{ record: string; content: Buffer }>(
    `SELECT record, content, retracted, closed, at, kept_from IS NULL AS expired,
            person FROM record WHERE (right(record, 3) = '.v2') = $1 ORDER BY record`,
    [running.live.major === 2],
  );
  return rows.map(({ record, content, ...rest }) => {
    const said = running.live.codec.content(content);
    const { medicationText, postcode } = said as { medicationText: string; postcode: string };
    return { ...rest, record: publishedId(record), text: medicationText, postcode };
  });
}

const bothHold = async () => [await held(majors[0]!), await held(majors[1]!)];

/** The kinds of what was published of the second major, by key. */
async function publishedOfSecond(): Promise<Record<string, string[]>> {
  const { rows } = await domain.database.pool.query<OutboxRow>(
    `SELECT route, hash, body FROM outbox ORDER BY pos`,
  );
  const kinds: Record<string, string[]> = {};
  for (const { body } of rows.flatMap((row) => [...unpacked(row)])) {
    const { key, headers } = readBody(body);
    const [major, kind] = headers.get('ce_type')!.split('.').toReversed();
    if (major === 'v2') (kinds[key] ??= []).push(kind!);
  }
  return kinds;
}

const whole = { medicationText: 'whole', postcode: 'LS1 4AP' };
const retract = { do: 'retract' } as const;

it('a major begins with what the one before it holds, what was taken back and what is over included', async () => {
  await settled(
    { id: 'stands', at: 1, ...whole },
    { id: 'in part', at: 1, ...whole },
    { id: 'cancelled', at: 1, ...whole },
    { ...retract, id: 'cancelled', at: 5, closes: true },
    { id: 'withdrawn', at: 1, ...whole },
    { ...retract, id: 'withdrawn', at: 5 },
    { id: 'over', at: 5, ...whole },
    { ...retract, id: 'never there', at: 5 },
  );
  const { live } = domain.running;
  const { rows } = await domain.database.pool.query<{ record: string; revision: number }>(
    `SELECT record, revision FROM record WHERE at = $1 AND NOT retracted`,
    [Date.UTC(2026, 0, 1) + 5 * 60_000],
  );
  expect(rows).toHaveLength(1);
  await committer.commit({ items: [endOf(live, rows)] });

  await openSecond();
  // Before filling comes to it: a part is not taken for the whole, nor what is late for the newest.
  expect(
    await settled(
      { id: 'in part', at: 2, medicationText: 'later' },
      { id: 'cancelled', at: 6, medicationText: 'after all' },
      { id: 'withdrawn', at: 4, medicationText: 'late' },
    ),
  ).toEqual(['accepted', 'notUsed', 'unchanged']);
  expect((await held(majors[1]!)).filter(({ retracted }) => !retracted)).toMatchObject([
    { text: 'later', postcode: 'LS1 4AP' },
  ]);

  await fill();
  const [before, after] = await bothHold();
  expect(before).toHaveLength(6);
  expect(after).toEqual(before);
  // What the first made of the message was there already when the second was asked.
  expect(Object.values(await publishedOfSecond())).toEqual([['created'], ['created']]);
});

it('and from then on holds the same, whatever comes', async () => {
  const outcomes = await settled(
    { id: 'cancelled', at: 7, medicationText: 'still' },
    { id: 'over', at: 4, medicationText: 'late' },
    { id: 'never there', at: 4, medicationText: 'late' },
    { ...retract, id: 'stands', at: 8 },
    { id: 'stands', at: 7, medicationText: 'late' },
    { id: 'withdrawn', at: 9, medicationText: 'again' },
    { id: 'cancelled', at: 9, opens: true, ...whole },
  );
  expect(outcomes).toEqual([
    ...['notUsed', 'unchanged', 'unchanged', 'retracted', 'unchanged', 'accepted', 'accepted'],
  ]);
  const [before, after] = await bothHold();
  expect(after).toEqual(before);
  const name = heldRecord(before![0]!.record, majors[1]!.live);
  const { rows } = await domain.database.pool.query('SELECT 1 FROM record WHERE record = $1', [
    name,
  ]);
  expect(rows).toHaveLength(1);
});
