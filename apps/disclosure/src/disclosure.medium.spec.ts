import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ageBand, deriveViewSchema, headers as ce, keys, names } from '@caremesh/contract';
import { createLogger, openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { SchemaRegistry } from '@caremesh/product';
import type { KafkaConnection } from '@caremesh/product';
import {
  allow,
  brokerAdmin,
  build,
  can,
  clientToken,
  createTopics,
  enableDomain,
  match,
  of,
  registerSchema,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { NestFactory } from '@nestjs/core';
import type { INestMicroservice } from '@nestjs/common';
import { Producer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { compose, migrations } from './disclosure.module.js';
import type { Parts } from './disclosure.module.js';
import type { GrantedView } from './grants/governance.js';
import { governanceStandIn } from './spec/governance-stand-in.js';
import {
  DOMAIN_KEYS,
  filesOf,
  message,
  person,
  personOf,
  PRODUCTS,
  versions,
} from './spec/publisher.js';
import type { Product } from './spec/publisher.js';
import { effectsIn, readView } from './spec/reader.js';
import type { Disclosed } from './spec/reader.js';

let stack: TestStack;
let database: TestDatabase;
let opened: Database;
let parts: Parts;
let service: INestMicroservice;
let producer: Producer<Buffer, Buffer, Buffer, Buffer>;
const ids: Record<string, number> = {};
const granted: GrantedView[] = [];
/** Spells published by the first tests; a view granted later begins with them. */
let earlierSpells = 0;

const tokenOf = (client: string) => () => clientToken(stack, client, 'mesh-kafka');
const connect = (client: string): KafkaConnection => ({
  brokers: stack.kafkaBrokers,
  clientId: client,
  tokens: { token: tokenOf(client) },
});
const clientOptions = (client: string) => ({
  clientId: client,
  bootstrapBrokers: stack.kafkaBrokers,
  sasl: { mechanism: 'OAUTHBEARER' as const, token: tokenOf(client) },
});

beforeAll(async () => {
  stack = await sharedStack();
  database = await testDatabase();
  opened = await openDatabase({ url: database.url, entities: [], migrations, poolSize: 24 });
  await enableDomain(stack, 'gp');
  // The publisher of this spec writes for both domains.
  for (const prefix of ['gp.', 'acute.']) {
    await allow(stack, 'domain-gp', [
      {
        ...{ on: of.TOPIC, name: prefix, pattern: match.PREFIXED },
        operations: [can.WRITE, can.DESCRIBE],
      },
    ]);
  }
  const editions = PRODUCTS.map((product) => names.secondaryTopic(product, 1));
  await allow(stack, 'svc-disclosure', [
    ...editions.map((name) => ({
      on: of.TOPIC,
      name,
      pattern: match.LITERAL,
      operations: [can.READ, can.DESCRIBE],
    })),
    { on: of.TOPIC, name: 'share.', pattern: match.PREFIXED, operations: [can.WRITE, can.READ] },
    {
      on: of.TOPIC,
      name: 'mesh.dead-letter.disclosure',
      pattern: match.LITERAL,
      operations: [can.WRITE, can.READ],
    },
    { on: of.GROUP, name: 'mesh.disclosure.', pattern: match.PREFIXED, operations: [can.READ] },
    {
      on: of.TRANSACTIONAL_ID,
      name: 'relay.disclosure.',
      pattern: match.PREFIXED,
      operations: [can.WRITE, can.DESCRIBE],
    },
  ]);
  await createTopics(stack, editions);
  // Another spec may have made it.
  await createTopics(stack, ['mesh.dead-letter.disclosure']).catch(() => undefined);
  for (const product of PRODUCTS) {
    const subject = names.subjectOf(names.secondaryTopic(product, 1));
    ids[product] = await registerSchema(stack, subject, versions[product]!.schema!);
  }
  producer = new Producer(clientOptions('domain-gp'));
  await start();
});

afterAll(async () => {
  await producer.close(true);
  await opened.close();
  await database.drop();
});

async function start(): Promise<void> {
  parts = compose({
    pool: opened.pool,
    databaseUrl: database.url,
    governance: {
      activeViews: () => Promise.resolve([...granted]),
      approvedSchemas: (topic) => {
        const name = names.parseTopic(topic);
        const id = name !== null && 'id' in name ? ids[name.id] : undefined;
        return Promise.resolve(id === undefined ? [] : [{ schemaId: id, version: '1.0.0' }]);
      },
      showsGrantTo: () => Promise.resolve(true),
      contractOf: (product) => Promise.resolve(versions[product]!.contract!),
    },
    registry: new SchemaRegistry(stack.registryUrl),
    connection: connect('svc-disclosure'),
    serviceKey: Buffer.alloc(32, 5),
    mailboxes: () => null,
    pace: { refreshMs: 60_000, againMs: 60_000, answerMs: 60_000 },
    ...{ listMaxAgeMs: 60_000, withdrawalsEveryMs: 60_000, tombstonesKeptMs: 60_000 },
    log: createLogger('spec', 'silent'),
  });
  service = await NestFactory.createMicroservice(parts.module, {
    strategy: parts.transport,
    logger: false,
  });
  await service.listen();
  parts.relay.start();
  await parts.watch.look();
}

async function stopService(): Promise<void> {
  await service.close();
  await parts.relay.stop();
}

/** Grants a view as governance does: schema derived and registered, topic made. */
async function grant(
  id: string,
  product: Product,
  organisation: string,
  fields: string[] = ['all'],
  purpose: GrantedView['recipient']['purpose'] = 'research',
): Promise<GrantedView> {
  const topic = names.viewTopic(id, product, 1);
  const { schema, contract } = versions[product]!;
  const derived = deriveViewSchema(schema!, contract!, id, fields);
  const schemaId = await registerSchema(stack, names.subjectOf(topic), derived);
  await createTopics(stack, [topic], { partitions: 3 });
  const recipient = { organisation, purpose };
  // With the people's consent: what the national data opt-out touches is another spec's matter.
  const terms = { commonLaw: 'consent' as const, exemption: null, erase: false };
  const view = { topic, grantId: id, product, major: 1, recipient, schemaId, ...terms };
  granted.push(view);
  await parts.watch.look();
  return view;
}

const read = (view: GrantedView, atLeast: number): Promise<Disclosed[]> =>
  readView(clientOptions('svc-disclosure'), stack.registryUrl, view, atLeast);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('disclosure', () => {
  const N = 300;
  const people = Array.from({ length: N }, (_, n) => person(n));
  let first: GrantedView;
  let second: GrantedView;
  let other: GrantedView;

  test('two recipients of one product get their own views, and cannot join them', async () => {
    first = await grant('grantone', 'gp.medication-statement', 'QUY');
    other = await grant('grantother', 'gp.medication-statement', 'QR1');
    await producer.send({
      messages: people.map((one, n) => message(ids, 'gp.medication-statement', n, one)),
    });
    const [mine, theirs] = [await read(first, N), await read(other, N)];
    expect([mine.length, theirs.length]).toEqual([N, N]);
    const joinable = (records: Disclosed[]) =>
      new Set(
        records.flatMap(({ key, value, headers }) => [
          ...key.split('.'),
          value!['person'],
          value!['recordId'],
          headers['ce_id'],
          headers['traceparent'],
        ]),
      );
    const shared = [...joinable(mine)].filter((name) => joinable(theirs).has(name));
    expect(shared).toEqual([]);
    expect(mine.every(({ value }) => value!['medicationCode'] === '39113611000001102')).toBe(true);
  });

  test('no identifier occurs in any byte of a view: values, keys, headers', async () => {
    const records = await read(first, N);
    const forbidden = people.flatMap((one, n) => [
      one.nhsNumber ?? one.localId,
      one.localId,
      one.postcode,
      personOf('gp.medication-statement', one),
      keys.recordKey(DOMAIN_KEYS.gp, 'gp.medication-statement', `source-${n}`),
      keys.eventId(DOMAIN_KEYS.gp, 'spec', `${n}`, 'gp.medication-statement', 1),
      '11111111111111111111111111111111',
      'free text',
    ]);
    const haystack = Buffer.concat(records.map(({ raw }) => raw));
    expect(forbidden.filter((text) => haystack.includes(text))).toEqual([]);
    const names = new Set(records.flatMap(({ value }) => Object.keys(value!)));
    for (const name of ['nhsNumber', 'localPatientId', 'postcode', 'birthDate', 'medicationText']) {
      expect(names.has(name)).toBe(false);
    }
  });

  test('headers are whole, numbered per person without gaps, and one person is in one partition', async () => {
    const records = await read(first, N);
    for (const { headers, key, value, partition } of records) {
      expect(Object.keys(headers).sort()).toEqual(Object.values(ce.HEADERS).sort());
      expect(headers['ce_type']).toMatch(/^caremesh\.gp\.medication-statement\.created\.v1$/);
      expect(headers['ce_source']).toBe('urn:ods:A81001');
      const [who, record] = key.split('.');
      expect([value!['person'], value!['recordId']]).toEqual([who, record]);
      expect(partition).toBe(keys.partitionOf(who!, 3));
    }
    expect(records.every(({ headers }) => headers['ce_sequence'] === '1')).toBe(true);
  });

  test('the same recipient and purpose joins another product on the person; another purpose does not', async () => {
    second = await grant('granttwo', 'acute.inpatient-spell', 'QUY');
    const planning = await grant(
      'grantthree',
      'acute.inpatient-spell',
      'QUY',
      ['all'],
      'service-planning',
    );
    await producer.send({
      messages: people.slice(0, 50).map((one, n) => message(ids, 'acute.inpatient-spell', n, one)),
    });
    earlierSpells = 50;
    const who = (records: Disclosed[]) => new Set(records.map(({ value }) => value!['person']));
    const gp = who(await read(first, N));
    const acute = await read(second, 50);
    expect(acute.length).toBe(50);
    expect([...who(acute)].filter((name) => !gp.has(name))).toEqual([]);
    const elsewhere = who(await read(planning, 50));
    expect(elsewhere.size).toBe(50);
    expect([...elsewhere].filter((name) => gp.has(name))).toEqual([]);
  });

  test('a grant given later gets the present state from the beginning, the others go on undisturbed', async () => {
    const fields = ['medicationCode', 'birthDate', 'postcode'];
    const late = await grant('grantlate', 'gp.medication-statement', 'QUY', fields);
    const change = { revision: 2, code: '318420003' };
    const changed = message(ids, 'gp.medication-statement', 0, people[0]!, change);
    await producer.send({ messages: [changed] });
    await parts.watch.look();
    const isNew = ({ value }: Disclosed) => value!['medicationCode'] === change.code;
    const whole = (all: Disclosed[]) =>
      new Set(all.map(({ key }) => key)).size === N && all.some(isNew) ? all : null;
    const records = await vi.waitUntil(async () => whole(await read(late, N)), 120_000);
    const latest = new Map(records.map(({ key, value }) => [key, value]));
    // It is filled and followed side by side: what changed is told from its first revision on, or as it is now.
    const tellings = [...Map.groupBy(records, ({ key }) => key).values()];
    const told = tellings.map((of) => of.map(isNew).join()).filter((of) => of !== 'false');
    expect(told).toEqual([expect.stringMatching(/^(false,)?true$/)]);
    expect(records[0]!.headers['ce_source']).toBeUndefined();
    expect(Object.keys(records[0]!.value!).sort().join(' ')).toBe(
      'ageBand changeType medicationCode person postcodeDistrict recordId recordedAt survivorKey',
    );
    // Everybody is born on the day 4,321 since 1970, and lives in one of thirty districts.
    const band = ageBand(new Date(4_321 * 86_400_000), new Date());
    expect([...latest.values()].every((v) => v!['ageBand'] === band)).toBe(true);
    const districts = new Set([...latest.values()].map((v) => v!['postcodeDistrict']));
    expect(districts).toEqual(new Set(people.map(({ postcode }) => postcode.split(' ')[0])));
    const haystack = Buffer.concat(records.map(({ raw }) => raw));
    expect(people.filter(({ postcode }) => haystack.includes(postcode))).toEqual([]);
    // Same recipient and purpose: the same names as in its first view.
    const names = new Set((await read(first, N + 1)).map(({ key }) => key));
    expect([...latest.keys()].every((key) => names.has(key))).toBe(true);
    expect((await read(first, N + 1)).length).toBe(N + 1);
  });

  test('everything read again after a crash discloses nothing twice', async () => {
    await stopService();
    const admin = brokerAdmin(stack);
    const prefix = `mesh.disclosure.${names.secondaryTopic('gp.medication-statement', 1)}.`;
    const groups = [...(await admin.listGroups()).keys()].filter((id) => id.startsWith(prefix));
    expect(groups.length).toBe(1);
    await admin.deleteGroups({ groups });
    await admin.close();
    await start();
    await producer.send({ messages: [message(ids, 'gp.medication-statement', N, person(N + 1))] });
    const records = await read(first, N + 2);
    expect(records.length).toBe(N + 2);
    expect(new Set(records.map(({ headers }) => headers['ce_id'])).size).toBe(N + 2);
  });

  test('a merge is carried under the recipient’s own names, tombstones and retractions too', async () => {
    const [from, into] = [person(901), person(902)];
    const product = 'gp.medication-statement';
    const before = (await read(first, N + 2)).length;
    await producer.send({ messages: [message(ids, product, 901, from)] });
    expect((await read(first, before + 1)).length).toBe(before + 1);
    const survivorKey = personOf(product, into);
    await producer.send({
      messages: [
        message(ids, product, 9_000, from, { changeType: 'MERGED', survivorKey }),
        message(ids, product, 901, from, { revision: 2, changeType: null }),
      ],
    });
    // The survivor is not known to the view yet, so the old side waits; the deletion does not.
    expect((await read(first, before + 2)).length).toBe(before + 2);
    await producer.send({
      messages: [message(ids, product, 901, into, { revision: 2, changeType: 'UPDATED' })],
    });
    await read(first, before + 3);
    await parts.merges.look();
    const records = (await read(first, before + 4)).slice();
    const merged = records.find(({ value }) => value?.['changeType'] === 'MERGED')!;
    const moved = records.find(
      ({ value, key }) =>
        value?.['changeType'] === 'UPDATED' && key.startsWith(String(merged.value!['survivorKey'])),
    );
    const tombstones = records.filter(({ value }) => value === null);
    expect(tombstones.length).toBe(1);
    expect(tombstones[0]!.key.split('.')[0]).toBe(merged.key.split('.')[0]);
    // The old person's numbers: created 1, tombstone 2, and the merge that waited 3.
    expect(merged.headers['ce_sequence']).toBe('3');
    await producer.send({
      messages: [message(ids, product, 901, into, { revision: 3, changeType: 'RETRACTED' })],
    });
    const seen = new Set(records.map(({ headers }) => headers['ce_id']));
    const after = await read(first, before + 6);
    const ends = after.filter(({ headers }) => !seen.has(headers['ce_id']));
    const gone = new Set(ends.map(({ key, value }) => value ?? key));
    expect(gone).toEqual(new Set([moved!.key, merged.key]));
    for (const { headers } of ends)
      expect(Object.keys(headers)).toEqual(Object.keys(tombstones[0]!.headers));
  });

  test('a revoked view is written no more; what nobody approved reaches no view and is listed', async () => {
    granted.splice(granted.indexOf(other), 1);
    await parts.watch.look();
    const before = (await read(other, N)).length;
    const mine = (await read(first, N)).length;
    const good = message(ids, 'gp.medication-statement', 77, person(77), { revision: 9 });
    const foreign = Buffer.from(good.value!);
    foreign.writeUInt32BE(ids['acute.inpatient-spell']!, 1);
    await producer.send({
      messages: [
        good,
        { ...good, value: foreign },
        { ...good, value: Buffer.from('{"nhsNumber":"9434765919"}') },
      ],
    });
    expect((await read(first, mine + 1)).length).toBe(mine + 1);
    expect((await read(other, before)).length).toBe(before);
    const { rows } = await opened.pool.query(
      `SELECT step, codes, origin_topic, errors::text AS errors FROM quarantine ORDER BY origin_offset`,
    );
    expect(rows).toMatchObject([
      { step: 'approval', codes: ['MESH-2803'], origin_topic: good.topic },
      { step: 'wire', codes: ['MESH-2801'], origin_topic: good.topic },
    ]);
    expect(JSON.stringify(rows)).not.toContain('9434765919');
  });

  test('nothing of a person stands in the service’s own database', async () => {
    const { rows } = await opened.pool.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'
       AND table_name NOT LIKE 'outbox%'`,
    );
    const texts: string[] = [];
    for (const { name } of rows) {
      const found = await opened.pool.query<{ text: string }>(
        `SELECT t::text AS text FROM "${name}" t`,
      );
      texts.push(...found.rows.map(({ text }) => text));
    }
    const haystack = texts.join('\n');
    const forbidden = people.flatMap(({ nhsNumber, localId }) => [nhsNumber ?? localId, localId]);
    expect(forbidden.filter((text) => haystack.includes(text))).toEqual([]);
  });
});

describe('the service, killed again and again', () => {
  // MESH_KILLS=50 is the full figure: 50 kills during 50,000 records.
  const KILLS = Number(process.env['MESH_KILLS'] ?? 6);
  const TOTAL = KILLS < 50 ? 4_000 : 1_000 * KILLS;

  test('loses no record of a view and discloses none twice, by two instances', async () => {
    await stopService();
    build(['contract', 'platform', 'product', 'disclosure'].map((name) => `@caremesh/${name}`));
    const view = await grantToChild('grantkill');
    const governance = await governanceStandIn(
      granted,
      (product) => ({ files: filesOf(product), schemaId: ids[product]! }),
      (topic) =>
        topic === names.secondaryTopic('acute.inpatient-spell', 1)
          ? [ids['acute.inpatient-spell']!]
          : [],
    );
    const sending = publishSlowly();
    const running = [spawnService(governance.url), spawnService(governance.url)];
    for (let kill = 0; kill < KILLS; kill++) {
      const before = await taken(view);
      // In the middle of its work: some of a backlog is committed, some of that is sent, the rest is neither; and its
      // partitions pass to the other one, which may be in the middle of a batch of its own.
      const end = Date.now() + 20_000;
      while ((await taken(view)) === before && Date.now() < end) await pause(5);
      running.shift()!.kill('SIGKILL');
      running.push(spawnService(governance.url));
    }
    await sending;
    const all = TOTAL + earlierSpells;
    const effects = await effectsIn(() => read(view, all), all);
    for (const child of running) child.kill('SIGTERM');
    governance.close();
    expect(effects.size).toBe(all);
    const sequences = new Map<string, number[]>();
    for (const { key, headers } of effects.values()) {
      const who = key.split('.')[0]!;
      sequences.set(who, [...(sequences.get(who) ?? []), Number(headers['ce_sequence'])]);
    }
    for (const numbers of sequences.values()) {
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    }
  }, 1_000_000);

  async function taken(view: GrantedView): Promise<number> {
    const { rows } = await opened.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM view_record JOIN view ON id = view_id WHERE topic = $1`,
      [view.topic],
    );
    return rows[0]!.n;
  }

  async function grantToChild(id: string): Promise<GrantedView> {
    granted.splice(0);
    return grant(id, 'acute.inpatient-spell', 'QUY');
  }

  async function publishSlowly(): Promise<void> {
    for (let from = 0; from < TOTAL; from += 100) {
      const messages = Array.from({ length: 100 }, (_, n) =>
        message(ids, 'acute.inpatient-spell', 10_000 + from + n, person(2_000 + ((from + n) % 90))),
      );
      await producer.send({ messages });
      await pause(400);
    }
  }

  function spawnService(governanceUrl: string): ChildProcess {
    const keyFile = join(stack.home, 'disclosure-spec.key');
    writeFileSync(keyFile, Buffer.alloc(32, 5));
    return spawn(process.execPath, [join(import.meta.dirname, '../dist/main.js')], {
      stdio: 'ignore',
      env: {
        PATH: process.env['PATH'],
        MESH_MODE: 'test',
        MESH_HOME: stack.home,
        MESH_SERVICE: 'disclosure',
        MESH_PORT: '0',
        MESH_DATABASE_URL: database.url,
        MESH_KAFKA_BROKERS: stack.kafkaBrokers.join(','),
        MESH_REGISTRY_URL: stack.registryUrl,
        MESH_OIDC_ISSUER: stack.issuer,
        MESH_GOVERNANCE_URL: governanceUrl,
        MESH_CLIENT_ID: 'svc-disclosure',
        MESH_CLIENT_SECRET_FILE: join(stack.home, 'secrets', 'svc-disclosure'),
        MESH_KEY_FILE: keyFile,
        MESH_SCHEMAS_DIR: join(import.meta.dirname, '../../../schemas'),
      },
    });
  }
});
