import { avroType } from '@caremesh/contract';
import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import { runProduct } from '../approval/live-product.js';
import { defineProduct } from '../define/product.js';
import { defineSource } from '../define/source.js';
import { Committer } from '../intake/committer.js';
import { Preparer } from '../intake/prepare.js';
import { domainMigrations } from '../migrations/all.js';
import { Routes } from '../outbox/outbox.js';
import { unpacked } from '../outbox/pack.js';
import type { OutboxRow } from '../outbox/pack.js';
import { splitWire } from '../registry/wire.js';
import { nhsNumber, ODS } from '../rig/feed.js';
import { readBody } from '../rig/read-body.js';
import { CONTRACT, SCHEMA_ID, SCHEMAS, TOPIC } from '../rig/small-mesh.js';
import { Seal } from '../sealing/seal.js';

type Record_ = { medicationText?: string | null; postcode?: string | null };
/** A message that states part of a record. */
type Message = { id: string; nhs?: number; local?: string; at: number } & Record_;

const KEY = Buffer.alloc(32, 11);
const folder = readContractFolder(SCHEMAS, CONTRACT);
const type = avroType(JSON.parse(folder.schema) as object);
const ARRIVAL = {
  ...{ source: 'feed', contentType: 'application/x-ndjson', receipt: 'r' },
  traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
};

const personOf = ({ nhs, local }: Message) => ({
  nhsNumber: nhs === undefined ? null : nhsNumber(nhs),
  nhsNumberStatus: nhs === undefined ? '03' : '01',
  local: local === undefined ? null : { issuer: ODS, id: local },
});

const feed = defineSource<Message>({
  ...{ name: 'feed', method: 'http', contentTypes: ['application/x-ndjson'] },
  // The spec hands its items over itself.
  async *read() {
    yield* [];
  },
});
const partial = defineProduct<Message, Record_>({
  contract: CONTRACT,
  from: feed,
  map: (message) => {
    const { id, nhs: _nhs, local: _local, at, ...content } = message;
    const time = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
    const head = { sourceRecordId: id, publisherOds: ODS, at: time };
    return [
      { ...head, change: 'upsert', person: personOf(message), content: { ...FIXED, ...content } },
    ];
  },
  carry: (held, incoming, { samePerson }) => ({
    ...held,
    ...(!samePerson && { postcode: null }),
    ...incoming,
  }),
});
const FIXED = { medicationStatementId: 'm', recordedAs: 'statement', status: 'active' };

let place: TestDatabase;
let database: Database;
let preparer: Preparer;
let committer: Committer;

beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ url: place.url, entities: [], migrations: domainMigrations });
  const product = await runProduct(
    partial,
    folder,
    { topic: TOPIC, schemaId: SCHEMA_ID, schema: folder.schema },
    {
      routes: new Routes(database.pool),
      registryUrl: 'http://registry',
      schemaOf: async () => null,
    },
  );
  preparer = new Preparer(KEY, [product]);
  committer = new Committer({
    ...{ databaseUrl: place.url, domainKey: KEY, seal: new Seal(KEY) },
    products: () => [product.live],
    log: { warn: () => undefined },
  });
});
afterAll(async () => {
  await committer.close();
  await database.close();
  await place.drop();
});

let index = 0;
const prepared = (message: Message) =>
  preparer.prepare(
    { index: index++, sourceId: null, raw: JSON.stringify(message), record: message, at: null },
    ARRIVAL,
  );

/** Commits messages one by one, or in one batch; what became of each. */
async function settled(messages: Message[], together = false): Promise<string[]> {
  const batches = together ? [messages] : messages.map((one) => [one]);
  const outcomes: string[] = [];
  for (const batch of batches)
    for (const { outcome, errors } of await committer.commit({ items: batch.map(prepared) }))
      outcomes.push([outcome, ...errors.map(({ code }) => code)].join(' '));
  return outcomes;
}

type Told = { change: string; nhs: string | null; text: string | null; postcode: string | null };

/** What was sent since a position; null for a tombstone. */
async function told(since: string): Promise<(Told | null)[]> {
  const found = await database.pool.query<OutboxRow>(
    `SELECT route, hash, body FROM outbox WHERE pos > $1 ORDER BY pos`,
    [since],
  );
  return found.rows
    .flatMap((row) => [...unpacked(row)])
    .map(({ body }) => {
      const { value } = readBody(body);
      if (!value) return null;
      const record = type.fromBuffer(splitWire(value)!.avro) as Record<string, string | null>;
      const { changeType, nhsNumber: nhs, medicationText, postcode } = record;
      return { change: changeType!, nhs: nhs!, text: medicationText!, postcode: postcode! };
    });
}

async function position(): Promise<string> {
  const found = await database.pool.query<{ pos: string }>(
    `SELECT coalesce(max(pos), 0) AS pos FROM outbox`,
  );
  return found.rows[0]!.pos;
}

describe.each([true, false])('a record of parts, told in one batch: %s', (together) => {
  const at = together ? 'b' : 's';
  const n = together ? 200 : 300;

  it('keeps what describes its person, and nothing of somebody else', async () => {
    const since = await position();
    const id = `p1${at}`;
    const stated = { medicationText: 'first', postcode: 'LS1 4AP' };
    expect(
      await settled(
        [
          { id, local: `l1${at}`, at: 1, ...stated },
          // The number becomes known: the same person.
          { id, nhs: n + 1, local: `l1${at}`, at: 2, medicationText: 'second' },
          { id, local: `l1${at}`, at: 3, medicationText: 'third' },
          // A correction to somebody else.
          { id, nhs: n + 2, at: 4, medicationText: 'fourth' },
          { id, nhs: n + 3, at: 5, postcode: 'YO10 4PF' },
        ],
        together,
      ),
    ).toEqual(Array(5).fill('accepted'));
    const live = (await told(since)).filter((one) => one?.change.endsWith('ED') && one.text);
    // Of one batch what concerns two people is not in the order in which it came.
    const byNumber = live.sort((one, other) => Number(one!.nhs) - Number(other!.nhs));
    expect(byNumber.map((one) => [one!.nhs, one!.text, one!.postcode])).toEqual([
      [null, 'first', 'LS1 4AP'],
      [nhsNumber(n + 1), 'first', 'LS1 4AP'],
      [nhsNumber(n + 1), 'second', 'LS1 4AP'],
      [nhsNumber(n + 1), 'third', 'LS1 4AP'],
      [nhsNumber(n + 2), 'fourth', null],
      [nhsNumber(n + 3), 'fourth', 'YO10 4PF'],
    ]);
  });
});
