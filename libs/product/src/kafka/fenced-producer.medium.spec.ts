import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import {
  allow,
  brokerAdmin,
  can,
  clientToken,
  createTopics,
  match,
  of,
  sharedStack,
} from '@caremesh/testing';
import type { TestStack } from '@caremesh/testing';
import { Consumer } from '@platformatic/kafka';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { KafkaConnection } from './client.js';
import { topicEnds } from './ends.js';
import { FencedProducer } from './fenced-producer.js';
import { recordBody } from './record-batch.js';

// Any machine client will do that identity knows from the start.
const PRINCIPAL = 'svc-governance';
const TOPIC = 'spec.fenced.v1';
/** A topic of which this producer may know, and which it may not write. */
const CLOSED = 'retired.fenced.v1';
let stack: TestStack;
let connection: KafkaConnection;

beforeAll(async () => {
  stack = await sharedStack('kafka', 'identity');
  await createTopics(stack, [TOPIC, CLOSED], { partitions: 2 });
  await allow(stack, PRINCIPAL, [
    { on: of.TOPIC, name: 'spec.', pattern: match.PREFIXED, operations: [can.WRITE, can.DESCRIBE] },
    { on: of.TOPIC, name: 'retired.', pattern: match.PREFIXED, operations: [can.DESCRIBE] },
    {
      on: of.TRANSACTIONAL_ID,
      name: 'relay.spec.',
      pattern: match.PREFIXED,
      operations: [can.WRITE, can.DESCRIBE],
    },
  ]);
  connection = {
    brokers: stack.kafkaBrokers,
    clientId: 'spec',
    tokens: { token: () => clientToken(stack, PRINCIPAL, 'mesh-kafka') },
  };
});
afterAll(async () => {
  const admin = brokerAdmin(stack);
  await admin.deleteTopics({ topics: [TOPIC, CLOSED] });
  await admin.close();
});

const body = (n: number) =>
  recordBody(Buffer.from(`k${n}`), n % 2 ? Buffer.from(`v${n}`) : null, [
    [Buffer.from('h'), Buffer.from(`${n}`)],
    [Buffer.from('leer'), Buffer.from('')],
  ]);

/** What partition 0 holds: key, value, first header. */
async function stored(count: number): Promise<string[]> {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'spec-reader',
    groupId: `spec-${Math.random()}`,
    bootstrapBrokers: [stack.kafkaInternal.broker],
    sasl: { mechanism: 'PLAIN', username: 'broker', password: stack.kafkaInternal.password },
  });
  const found: string[] = [];
  const stream = await consumer.consume({ topics: [TOPIC], mode: 'earliest', maxWaitTime: 100 });
  for await (const { partition, key, value, headers } of stream) {
    if (partition === 0) found.push(`${key} ${value ?? 'null'} ${[...headers][0]}`);
    if (found.length === count) break;
  }
  await consumer.close(true);
  return found;
}

it('stores batches whole and in order; a successor takes over and its predecessor cannot send any more', async () => {
  const first = new FencedProducer(connection, 'relay.spec.0');
  await first.open();
  expect(await first.partitions(TOPIC)).toBe(2);
  await first.send([
    { topic: TOPIC, partition: 0, bodies: [body(1), body(2)] },
    { topic: TOPIC, partition: 1, bodies: [body(9)] },
  ]);
  await first.send([{ topic: TOPIC, partition: 0, bodies: [body(3)] }]);
  const second = new FencedProducer(connection, 'relay.spec.0');
  await second.open();
  await second.send([{ topic: TOPIC, partition: 0, bodies: [body(4)] }]);
  await expect(
    first.send([{ topic: TOPIC, partition: 0, bodies: [body(5)] }]),
  ).rejects.toMatchObject({
    code: 'MESH-2704',
  });
  await second.send([{ topic: TOPIC, partition: 0, bodies: [body(6)] }]);
  await Promise.all([first.close(), second.close()]);
  expect(await stored(5)).toEqual([
    'k1 v1 h,1',
    'k2 null h,2',
    'k3 v3 h,3',
    'k4 null h,4',
    'k6 null h,6',
  ]);
});

it('waits where it may not write, and lets go of what need not be sent any more, not of what stands beside it', async () => {
  const producer = new FencedProducer(connection, 'relay.spec.1');
  await producer.open();
  const asked: string[][] = [];
  const batches = [CLOSED, TOPIC].map((topic) => ({ topic, partition: 1, bodies: [body(7)] }));
  const ends = async () => (await topicEnds(connection, TOPIC)).get(1)!;
  const before = await ends();
  await producer.send(batches, async (left) => {
    asked.push(left.map(({ topic }) => topic));
    return asked.length === 1 ? left : left.filter(({ topic }) => topic === TOPIC);
  });
  await producer.send([{ topic: TOPIC, partition: 1, bodies: [body(8)] }]);
  expect(asked).toEqual([
    [CLOSED, TOPIC],
    [CLOSED, TOPIC],
  ]);
  expect(await ends()).toBe(before + 2n);
  await producer.close();
});

it('asks of a topic once, however many others come between', async () => {
  const producer = new FencedProducer(connection, 'relay.spec.2');
  await producer.open();
  const asked: string[] = [];
  const heard = (context: unknown) => {
    const { operation } = context as { operation?: string };
    if (operation === 'metadata') asked.push(operation);
  };
  subscribe('tracing:plt:kafka:base:metadata:start', heard);
  for (let round = 0; round < 3; round++) {
    for (const topic of [TOPIC, CLOSED]) expect(await producer.partitions(topic)).toBe(2);
    await producer.send([{ topic: TOPIC, partition: 1, bodies: [body(round)] }]);
  }
  unsubscribe('tracing:plt:kafka:base:metadata:start', heard);
  expect(asked).toHaveLength(2);
  await producer.close();
});
