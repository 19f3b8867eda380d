import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { avroType, names } from '@caremesh/contract';
import {
  allow,
  brokerAdmin,
  can,
  clientToken,
  createTopics,
  grantRules,
  match,
  newGrantClient,
  of,
  registerSchema,
  secretFileOf,
  sharedStack,
} from '@caremesh/testing';
import type { TestStack } from '@caremesh/testing';
import { Producer } from '@platformatic/kafka';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Io } from '../io.js';
import { run } from '../program.js';

const GRANT = 'consumespec';
const TOPIC = names.viewTopic(GRANT, 'gp.medication-statement', 1);
const SCHEMA = {
  type: 'record',
  name: 'View',
  fields: [
    { name: 'person', type: 'string' },
    { name: 'effectiveStart', type: { type: 'int', logicalType: 'date' } },
  ],
};

let stack: TestStack;
let folder: string;
let schemaId: number;

beforeAll(async () => {
  stack = await sharedStack();
  folder = mkdtempSync(join(tmpdir(), 'mesh-consume-'));
  await createTopics(stack, [TOPIC], { partitions: 1 });
  await allow(stack, 'svc-disclosure', [
    { on: of.TOPIC, name: 'share.', pattern: match.PREFIXED, operations: [can.WRITE] },
  ]);
  await allow(stack, `grant-${GRANT}`, grantRules(GRANT, [TOPIC]));
  await newGrantClient(stack, GRANT);
  credentials('credentials.json', GRANT);
  schemaId = await registerSchema(stack, names.subjectOf(TOPIC), SCHEMA);
  await publish(schemaId);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The file that `mesh grant credentials` gives. */
function credentials(name: string, groupsOf: string): void {
  const clientSecret = readFileSync(secretFileOf(stack, `grant-${GRANT}`), 'utf8').trim();
  const credential = {
    clientId: `grant-${GRANT}`,
    clientSecret,
    tokenUrl: stack.tokenUrl,
    scope: 'mesh-kafka',
    bootstrap: stack.kafkaBrokers.join(','),
    securityProtocol: 'SASL_PLAINTEXT',
    registryUrl: stack.registryUrl,
    topics: [TOPIC],
    groupPrefix: `share.${groupsOf}.`,
  };
  writeFileSync(join(folder, name), JSON.stringify(credential));
}

async function publish(id: number): Promise<void> {
  const producer = new Producer({
    clientId: 'spec',
    bootstrapBrokers: stack.kafkaBrokers,
    sasl: {
      mechanism: 'OAUTHBEARER',
      token: () => clientToken(stack, 'svc-disclosure', 'mesh-kafka'),
    },
  });
  const value = (person: string) => {
    const avro = avroType(SCHEMA).toBuffer({ person, effectiveStart: 20_000 });
    const wire = Buffer.concat([Buffer.alloc(5), avro]);
    wire.writeUInt32BE(id, 1);
    return wire;
  };
  const key = Buffer.from('k');
  const headers = new Map([[Buffer.from('ce_id'), Buffer.from('e')]]);
  await producer.send({
    messages: [
      ...['a', 'b', 'c'].map((one) => ({ topic: TOPIC, key, value: value(one), headers })),
      { topic: TOPIC, key, headers },
    ],
  });
  await producer.close(true);
}

/** One command in memory, run in the folder of the credentials. */
async function mesh(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    stdout: (text) => void out.push(text),
    stderr: (text) => void err.push(text),
    env: {},
    cwd: folder,
    root: folder,
    home: folder,
  };
  const exit = await run(argv, io);
  return { exit, lines: out.join('').split('\n').filter(Boolean), err: err.join('') };
}

test('prints values as JSON lines, dates as text, a tombstone as null', async () => {
  const { exit, lines } = await mesh('consume', GRANT, '--from-beginning', '--limit', '4');
  expect(exit).toBe(0);
  expect(lines).toEqual([
    '{"person":"a","effectiveStart":"2024-10-04"}',
    '{"person":"b","effectiveStart":"2024-10-04"}',
    '{"person":"c","effectiveStart":"2024-10-04"}',
    'null',
  ]);
});

test('with -o json prints where each record is, its key and headers', async () => {
  const { lines } = await mesh('consume', GRANT, '--from-beginning', '--limit', '1', '-o', 'json');
  expect(JSON.parse(lines[0]!)).toMatchObject({
    topic: TOPIC,
    partition: 0,
    offset: 0,
    key: 'k',
    headers: { ce_id: 'e' },
    value: { person: 'a' },
  });
});

test('goes on where it last ended, and ends when nothing comes', async () => {
  const first = await mesh('consume', GRANT, '--limit', '2');
  const second = await mesh('consume', GRANT, '--idle', '3');
  expect(first.lines.length).toBe(2);
  expect(second.lines).toEqual(['{"person":"c","effectiveStart":"2024-10-04"}', 'null']);
});

test('says while it reads how far it is, so that it is seen to read', async () => {
  await publish(schemaId);
  const reading = { ended: false };
  const done = mesh('consume', GRANT, '--idle', '8').then((result) => {
    reading.ended = true;
    return result;
  });
  const admin = brokerAdmin(stack);
  const groupId = `share.${GRANT}.mesh`;
  const seen = await vi.waitUntil(
    async () => {
      const [group] = await admin.listConsumerGroupOffsets({ groups: [{ groupId }] });
      const [offset] = group?.topics.flatMap(({ partitions }) => partitions) ?? [];
      return offset?.committedOffset === 8n ? { whileOpen: !reading.ended } : null;
    },
    { timeout: 60_000, interval: 100 },
  );
  expect(seen).toEqual({ whileOpen: true });
  expect((await done).lines).toHaveLength(4);
  await admin.close();
});

test('is seen to read from the beginning too, and begins there each time', async () => {
  const admin = brokerAdmin(stack);
  const committed = async () => {
    const ids = [...(await admin.listGroups()).keys()].filter(
      (id) => id.startsWith(`share.${GRANT}.`) && id !== `share.${GRANT}.mesh`,
    );
    const groups = await admin.listConsumerGroupOffsets({
      groups: ids.map((groupId) => ({ groupId })),
    });
    const places = groups.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions));
    return places.reduce((sum, { committedOffset }) => sum + Number(committedOffset), 0);
  };
  const before = await committed();
  const read = () => mesh('consume', GRANT, '--from-beginning', '--limit', '2');
  const [first, second] = [await read(), await read()];
  expect(second.lines).toEqual(first.lines);
  expect((await committed()) - before).toBe(4);
  await admin.close();
});

test("another grant's group is refused by the broker, and told so with exit code 3", async () => {
  credentials('other.json', 'othergrant');
  const file = ['--credentials', 'other.json'];
  const { exit, lines, err } = await mesh('consume', 'othergrant', ...file, '--idle', '3');
  expect(lines).toEqual([]);
  expect(err).toContain('MESH-6520');
  expect(exit).toBe(3);
});

test("a grant is not read with another's credential, whose records would come under its name", async () => {
  credentials('other.json', 'othergrant');
  const { exit, lines, err } = await mesh('consume', GRANT, '--credentials', 'other.json');
  expect([exit, lines]).toEqual([2, []]);
  expect(err).toContain(`holds a credential of the grant othergrant, not of ${GRANT}.`);
});
