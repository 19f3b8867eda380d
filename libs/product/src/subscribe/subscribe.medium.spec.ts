import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { headers as ce, keys } from '@caremesh/contract';
import { createLogger, openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { brokerAdmin, createTopics, testDatabase } from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import type { Producer } from '@platformatic/kafka';
import avsc from 'avsc';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { createConsumer } from '../kafka/client.js';
import type { KafkaConnection } from '../kafka/client.js';
import { consumingMigrations, quarantineMigrations } from '../migrations/all.js';
import { encodeWire } from '../registry/wire.js';
import type { ConsumerSettings } from './consumption.js';
import { sealUnder } from './letter.js';
import type { Received } from './received.js';
import { RecordHeaders } from '../kafka/record-headers.js';
import { listRefused, refuse } from './refused.js';
import { specDomain } from './spec-domain.fixture.js';
import { subscribe } from './subscribe.js';
import type { Subscribed } from './subscribe.js';

type Visit = { recordId: string; changeType: string; note: string | null };

const FIRST = JSON.stringify({
  type: 'record',
  name: 'Visit',
  namespace: 'caremesh.spec',
  fields: [
    { name: 'recordId', type: 'string' },
    { name: 'changeType', type: 'string' },
  ],
});
const SECOND = JSON.stringify({
  ...(JSON.parse(FIRST) as object),
  fields: [
    { name: 'recordId', type: 'string' },
    { name: 'changeType', type: 'string' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
});
const OTHER = FIRST.replaceAll('Visit', 'Parcel');
const SCHEMAS = new Map([
  [1, FIRST],
  [2, SECOND],
  [7, OTHER],
]);
const DOMAIN_KEY = Buffer.alloc(32, 7);
let stack: TestStack;
let database: TestDatabase;
let opened: Database;
let producer: Producer<Buffer, Buffer, Buffer, Buffer>;
let pool: Pool;
let connectionFor: (clientId: string) => KafkaConnection;
const running: Subscribed[] = [];

beforeAll(async () => {
  ({ stack, connectionFor, producer } = await specDomain());
  database = await testDatabase();
  const migrations = [...quarantineMigrations, ...consumingMigrations];
  opened = await openDatabase({ url: database.url, entities: [], migrations, poolSize: 10 });
  pool = opened.pool;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(async () => {
  await producer.close(true);
  await opened.close();
  await database.drop();
});

/** A topic, its dead letter topic and a consumer of their own for each test. */
async function stage(approved: number[] = [1, 2]) {
  const suffix = randomUUID()
    .slice(0, 8)
    .replace(/^[0-9]/, 'x');
  const topic = `spec.visit-${suffix}.v1`;
  const consumer = `reader-${suffix}`;
  const deadLetters = `spec.dead-letter.${consumer}`;
  await createTopics(stack, [topic, deadLetters], { partitions: 3, configs: {} });
  await pool.query(`CREATE TABLE "${consumer}" (position serial, event_id text, note text)`);
  const settings: ConsumerSettings = {
    domain: 'spec',
    consumer,
    connection: connectionFor(consumer),
    pool,
    registry: { schema: (id) => Promise.resolve(SCHEMAS.get(id) ?? null) },
    approved: () =>
      Promise.resolve(approved.map((schemaId) => ({ schemaId, version: `1.${schemaId}.0` }))),
    parseSchema: (text) => avsc.Type.forSchema(JSON.parse(text) as avsc.Schema),
    serviceKey: Buffer.alloc(32, 1),
    log: createLogger('spec', 'silent'),
  };
  return { topic, consumer, deadLetters, settings };
}

type Sent = { topic: string; key: Buffer; value: Buffer; headers: Map<Buffer, Buffer> };

function message(topic: string, n: number, over: Partial<Sent> = {}): Sent {
  const person = keys.personKey(DOMAIN_KEY, { issuer: 'RRV', localId: `p${n % 50}` });
  const record = keys.recordKey(DOMAIN_KEY, 'spec.visit', `r${n}`);
  const value = { recordId: record, changeType: 'CREATED', note: `n${n}` };
  const own: [string, string][] = [
    [ce.HEADERS.id, `event-${n}`],
    [ce.HEADERS.sequence, String(n + 1)],
    [ce.HEADERS.recordRevision, '1'],
  ];
  return {
    topic,
    key: Buffer.from(keys.messageKey(person, record)),
    value: encodeWire(2, avsc.Type.forSchema(JSON.parse(SECOND) as avsc.Schema), value),
    headers: new Map(own.map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    ...over,
  };
}

function start(
  settings: ConsumerSettings,
  topic: string,
  handler: (records: readonly Received<Visit>[]) => Promise<void> | void = () => undefined,
) {
  const subscribed = subscribe<Visit>(settings, {
    topic,
    rule: 'every',
    retry: { attempts: 3, firstWaitMs: 5, mostWaitMs: 10 },
    handler: async (records, { transaction }) => {
      await transaction.query(
        `INSERT INTO "${settings.consumer}" (event_id, note)
         SELECT * FROM unnest($1::text[], $2::text[])`,
        [
          records.map(({ envelope }) => envelope.id),
          records.map(({ value }) => value?.note ?? null),
        ],
      );
      await handler(records);
    },
  });
  running.push(subscribed);
  return subscribed;
}

const until = (what: () => boolean | Promise<boolean>, timeout = 60_000) =>
  vi.waitUntil(what, { timeout, interval: 50 });

async function effects(consumer: string): Promise<string[]> {
  const { rows } = await pool.query<{ event_id: string }>(
    `SELECT event_id FROM "${consumer}" ORDER BY position`,
  );
  return rows.map((row) => row.event_id);
}

/** Every message of a topic, read by a client that knows nothing of the mesh. */
async function readAll(topic: string, count: number) {
  const groupId = `spec.${randomUUID()}`;
  const consumer = createConsumer(connectionFor('spec-reader'), { groupId });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', maxWaitTime: 200 });
  const found: { key?: Buffer; value?: Buffer; headers: Record<string, string> }[] = [];
  for await (const { key, value, headerEntries } of stream) {
    const headers = headerEntries.map(([name, text]) => [name.toString(), text.toString()]);
    found.push({ key, value, headers: Object.fromEntries(headers) as Record<string, string> });
    if (found.length === count) break;
  }
  await consumer.close(true);
  return found;
}

async function lagOf(topic: string, groupId: string): Promise<bigint> {
  const consumer = createConsumer(connectionFor('spec-lag'), { groupId });
  const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic)!;
  const partitions = ends.map((_, index) => index);
  const committed = await consumer.listCommittedOffsets({ topics: [{ topic, partitions }] });
  await consumer.close(true);
  return ends.reduce((sum, end, index) => {
    const at = committed.get(topic)![index]!;
    return sum + end - (at < 0n ? 0n : at);
  }, 0n);
}

describe('consuming a product', () => {
  test('of 1,000 records with 10 poisonous ones, 990 are delivered, 10 refused, none twice', async () => {
    const { topic, consumer, deadLetters, settings } = await stage();
    const good = message(topic, 0).value;
    const withId = (id: number): Buffer => {
      const copy = Buffer.from(good);
      copy.writeUInt32BE(id, 1);
      return copy;
    };
    const poison: [string, Partial<Sent>][] = [
      ['MESH-2802', { value: withId(99) }],
      ['MESH-2803', { value: withId(7) }],
      ['MESH-2801', { value: Buffer.from('{"recordId":"1"}') }],
      ['MESH-2801', { value: Buffer.alloc(0) }],
      ['MESH-2801', { value: Buffer.from([0, 0, 0]) }],
      ['MESH-2804', { value: good.subarray(0, good.length - 3) }],
      ['MESH-2804', { value: Buffer.concat([good, Buffer.from('more')]) }],
      ['MESH-2804', { value: Buffer.concat([good.subarray(0, 5), Buffer.alloc(64, 0xff)]) }],
      ['MESH-2806', { key: Buffer.from('9434765919') }],
      ['MESH-2807', { headers: new Map([[Buffer.from('ce_id'), Buffer.from('only-an-id')]]) }],
    ];
    const messages = Array.from({ length: 1000 }, (_, n) =>
      n % 100 === 50 ? message(topic, n, poison[Math.floor(n / 100)]![1]) : message(topic, n),
    );
    await producer.send({ messages });
    start(settings, topic);
    await until(async () => (await effects(consumer)).length === 990);
    await until(
      async () => (await listRefused(pool)).items.filter((i) => i.source === topic).length === 10,
    );

    const taken = await effects(consumer);
    expect(new Set(taken).size).toBe(990);
    const refused = (await listRefused(pool)).items.filter((item) => item.source === topic);
    expect(refused.map((item) => item.errors[0]!.code).sort()).toEqual(
      poison.map(([code]) => code).sort(),
    );
    expect(refused.every((item) => item.publisher === 'spec' && item.origin.topic === topic)).toBe(
      true,
    );

    const letters = await readAll(deadLetters, 10);
    const places = new Set(
      letters.map(({ headers }) => `${headers['origin-partition']}/${headers['origin-offset']}`),
    );
    expect(places).toEqual(
      new Set(refused.map(({ origin }) => `${origin.partition}/${origin.offset}`)),
    );
    const sent = messages.filter((_, n) => n % 100 === 50);
    const asText = ({ key, value }: { key?: Buffer; value?: Buffer }) =>
      `${key?.toString('hex')} ${value?.toString('hex')}`;
    expect(letters.map(asText).sort()).toEqual(sent.map(asText).sort());
    expect(letters[0]!.headers).toMatchObject({
      'origin-topic': topic,
      'origin-timestamp': expect.stringMatching(/^[0-9]{13}$/) as string,
      'error-code': expect.stringMatching(/^MESH-28/) as string,
      'error-step': expect.stringMatching(/^(key|wire|approval|decode|envelope)$/) as string,
    });
    await until(async () => (await lagOf(topic, `spec.${consumer}.${topic}`)) === 0n);
  }, 120_000);

  test('a record that was there before the consumer, and the same event again, has one effect', async () => {
    const { topic, consumer, settings } = await stage();
    await producer.send({ messages: [message(topic, 1), message(topic, 2), message(topic, 1)] });
    start(settings, topic);
    await until(async () => (await effects(consumer)).length === 2);
    await producer.send({ messages: [message(topic, 2), message(topic, 3)] });
    await until(async () => (await effects(consumer)).length === 3);
    expect((await effects(consumer)).sort()).toEqual(['event-1', 'event-2', 'event-3']);
  }, 120_000);

  test('everything delivered again, as after a crash before the offsets were committed, changes nothing', async () => {
    const { topic, consumer, settings } = await stage();
    await producer.send({ messages: Array.from({ length: 300 }, (_, n) => message(topic, n)) });
    const first = start(settings, topic);
    await until(async () => (await effects(consumer)).length === 300);
    await first.stop();
    const admin = brokerAdmin(stack);
    await admin.deleteGroups({ groups: [`spec.${consumer}.${topic}`] });
    await admin.close();
    const again = start(settings, topic);
    await until(() => again.status().counts.read === 300);
    expect(again.status().counts).toEqual({ read: 300, handled: 0, duplicates: 300, refused: 0 });
    expect((await effects(consumer)).length).toBe(300);
  }, 120_000);

  test('what is decoded ahead is committed only when it is settled', async () => {
    const { topic, consumer, settings } = await stage();
    await producer.send({ messages: Array.from({ length: 1_600 }, (_, n) => message(topic, n)) });
    const held = Promise.withResolvers<void>();
    const wait = vi.fn(async () => (wait.mock.calls.length === 2 ? held.promise : undefined));
    start(settings, topic, wait);
    const lag = async () => Number(await lagOf(topic, `spec.${consumer}.${topic}`));
    await until(async () => wait.mock.calls.length === 2 && (await lag()) < 1_600);
    expect(await lag()).toBe(1_600 - (await effects(consumer)).length);
    held.resolve();
    await until(async () => (await lag()) === 0);
    expect(new Set(await effects(consumer)).size).toBe(1_600);
  }, 120_000);

  test('an older version of the schema is resolved to the newest one', async () => {
    const { topic, consumer, settings } = await stage();
    const old = avsc.Type.forSchema(JSON.parse(FIRST) as avsc.Schema);
    const value = encodeWire(1, old, { recordId: 'r', changeType: 'CREATED' });
    await producer.send({ messages: [message(topic, 1, { value })] });
    start(settings, topic);
    await until(async () => (await effects(consumer)).length === 1);
    const { rows } = await pool.query(`SELECT note FROM "${consumer}"`);
    expect(rows).toEqual([{ note: null }]);
  }, 120_000);

  test('an id approved after the consumer started is asked for before it is refused', async () => {
    const approved = [1];
    const { topic, consumer, settings } = await stage(approved);
    const subscribed = start(settings, topic);
    const old = avsc.Type.forSchema(JSON.parse(FIRST) as avsc.Schema);
    const value = encodeWire(1, old, { recordId: 'r', changeType: 'CREATED' });
    await producer.send({ messages: [message(topic, 1, { value })] });
    await until(async () => (await effects(consumer)).length === 1);
    approved.push(2);
    await producer.send({ messages: [message(topic, 2)] });
    await until(() => {
      const { handled, refused } = subscribed.status().counts;
      return handled + refused === 2;
    });
    expect(subscribed.status().counts).toEqual({ read: 2, handled: 2, duplicates: 0, refused: 0 });
    expect(await effects(consumer)).toEqual(['event-1', 'event-2']);
  }, 120_000);

  test('a handler that fails on one record: the others go on, that one is tried, then refused', async () => {
    const { topic, consumer, deadLetters, settings } = await stage();
    let tried = 0;
    start(settings, topic, (records) => {
      if (!records.some(({ envelope }) => envelope.id === 'event-5')) return;
      tried += 1;
      throw new Error('the handler cannot');
    });
    await producer.send({ messages: Array.from({ length: 20 }, (_, n) => message(topic, n)) });
    await until(async () => (await effects(consumer)).length === 19);
    const [letter] = await readAll(deadLetters, 1);
    expect(letter!.headers).toMatchObject({
      'error-code': 'MESH-2805',
      'error-step': 'handler',
      ce_id: 'event-5',
    });
    expect(letter!.value).toEqual(message(topic, 5).value);
    // Once with its batch, three times alone.
    expect(tried).toBe(4);
  }, 120_000);

  test('dead letters that are together more than a broker takes at once all arrive', async () => {
    const { topic, deadLetters, settings } = await stage();
    const poison = (n: number) => message(topic, n, { value: Buffer.alloc(60_000, 0x7b) });
    for (let n = 0; n < 40; n++) await producer.send({ messages: [poison(n)] });
    start(settings, topic);
    const letters = await readAll(deadLetters, 40);
    expect(letters.every(({ value }) => value?.length === 60_000)).toBe(true);
    const places = letters.map(
      ({ headers }) => `${headers['origin-partition']}/${headers['origin-offset']}`,
    );
    expect(new Set(places).size).toBe(40);
  }, 120_000);

  test('an outage is waited out, not dead-lettered', async () => {
    const { topic, consumer, settings } = await stage();
    let failures = 5;
    start(settings, topic, () => {
      failures -= 1;
      if (failures >= 0) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
    });
    await producer.send({ messages: [message(topic, 1)] });
    await until(async () => (await effects(consumer)).length === 1);
    expect((await listRefused(pool)).items.filter((item) => item.source === topic)).toEqual([]);
  }, 120_000);

  test('two members that come and go: each event has one effect', async () => {
    const { topic, consumer, settings } = await stage();
    const total = 6_000;
    const sending = (async () => {
      for (let from = 0; from < total; from += 200) {
        await producer.send({
          messages: Array.from({ length: 200 }, (_, n) => message(topic, from + n)),
        });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const first = start(settings, topic);
    await new Promise((resolve) => setTimeout(resolve, 800));
    start(settings, topic);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await first.stop();
    await sending;
    await until(async () => (await effects(consumer)).length >= total);
    const taken = await effects(consumer);
    expect(taken.length).toBe(total);
    expect(new Set(taken).size).toBe(total);
  }, 120_000);

  test('the broker is killed and started again: nothing is lost, nothing has two effects', async () => {
    const { topic, consumer, settings } = await stage();
    start(settings, topic);
    const send = (from: number) =>
      producer.send({
        messages: Array.from({ length: 500 }, (_, n) => message(topic, from + n)),
      });
    await send(0);
    await until(async () => (await effects(consumer)).length > 0);
    const status = JSON.parse(readFileSync(join(stack.home, 'status.json'), 'utf8')) as {
      components: { name: string; pid: number }[];
    };
    process.kill(status.components.find(({ name }) => name === 'kafka')!.pid, 'SIGKILL');
    for (let sent = false; !sent;) {
      sent = await send(500).then(
        () => true,
        () => false,
      );
    }
    await until(async () => (await effects(consumer)).length >= 1000, 90_000);
    const taken = await effects(consumer);
    expect(taken.length).toBe(1000);
    expect(new Set(taken).size).toBe(1000);
  }, 180_000);

  test('tombstones and retractions come typed, and the last revision wins', async () => {
    const { topic, settings } = await stage();
    const type = avsc.Type.forSchema(JSON.parse(SECOND) as avsc.Schema);
    const base = message(topic, 1);
    const revised = (revision: number, changeType: string | null): Sent => {
      const headers = new Map(base.headers);
      for (const name of headers.keys()) {
        if (name.toString() === 'ce_id') headers.set(name, Buffer.from(`e${revision}`));
        if (name.toString() === 'ce_recordrevision')
          headers.set(name, Buffer.from(String(revision)));
      }
      const value =
        changeType === null
          ? (undefined as unknown as Buffer)
          : encodeWire(2, type, { recordId: 'r', changeType, note: null });
      return { ...base, value, headers };
    };
    const seen: [string, number][] = [];
    const subscribed = subscribe<Visit>(settings, {
      topic,
      handler: (records) => {
        for (const { change, envelope } of records) seen.push([change, envelope.revision]);
        return Promise.resolve();
      },
    });
    running.push(subscribed);
    await producer.send({
      messages: [
        revised(2, 'UPDATED'),
        revised(1, 'CREATED'),
        revised(3, 'RETRACTED'),
        revised(2, 'UPDATED'),
        revised(4, 'MERGED'),
        revised(5, null),
      ],
    });
    await until(() => seen.length === 4);
    expect(seen).toEqual([
      ['updated', 2],
      ['retracted', 3],
      ['merged', 4],
      ['deleted', 5],
    ]);
  }, 120_000);
});

test('a record at a place that another had in a topic made anew is listed beside it', async () => {
  const topic = 'spec.made-anew.v1';
  const refusal = (timestamp: bigint) => ({
    ...{ step: 'wire' as const, fault: 'noMagicByte' as const, detail: '' },
    raw: {
      ...{ topic, partition: 0, offset: 0n, timestamp },
      key: null,
      value: null,
      headers: RecordHeaders.of([]),
    },
  });
  const client = await pool.connect();
  for (const timestamp of [1n, 2n, 1n]) {
    await refuse(client, 'spec', [refusal(timestamp)], sealUnder(Buffer.alloc(32, 1)));
  }
  client.release();
  const { items } = await listRefused(pool);
  expect(items.filter(({ source }) => source === topic)).toHaveLength(2);
});

test('a seal opens only what it closed', async () => {
  const letter = {
    key: null,
    value: randomBytes(20),
    headers: [['a', Buffer.from('b')]] as [string, Buffer][],
  };
  const sealed = sealUnder(Buffer.alloc(32, 1)).close(letter);
  expect(sealUnder(Buffer.alloc(32, 1)).open(sealed)).toEqual(letter);
  expect(() => sealUnder(Buffer.alloc(32, 2)).open(sealed)).toThrow();
});
