import { avroType, keys } from '@caremesh/contract';
import { Consumer } from '@platformatic/kafka';
import type { TestStack } from '@caremesh/testing';

import { readContractFolder } from '../approval/contract-folder.js';
import { splitWire } from '../registry/wire.js';
import { CONTRACT, SCHEMAS } from './small-mesh.js';

/** A record as it is in a topic, decoded. */
export type TopicRecord = {
  partition: number;
  offset: bigint;
  key: string;
  person: string;
  record: string;
  headers: Record<string, string>;
  value: Record<string, unknown> | null;
  schemaId: number | null;
  bytes: Buffer | null;
};

const { schema } = readContractFolder(SCHEMAS, CONTRACT);
const type = avroType(JSON.parse(schema) as object);

/** Everything a topic holds now, in the order of its partitions. */
export async function readTopic(stack: TestStack, topic: string): Promise<TopicRecord[]> {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'spec-reader',
    groupId: `spec-${Math.random()}`,
    bootstrapBrokers: [stack.kafkaInternal.broker],
    sasl: { mechanism: 'PLAIN', username: 'broker', password: stack.kafkaInternal.password },
  });
  try {
    const ends = await consumer.listOffsets({ topics: [topic], timestamp: -1n });
    const left = new Map(ends.get(topic)!.map((end, partition) => [partition, end]));
    for (const [partition, end] of left) if (end === 0n) left.delete(partition);
    const records: TopicRecord[] = [];
    if (left.size === 0) return records;
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', maxWaitTime: 100 });
    for await (const message of stream) {
      records.push(decoded(message));
      if (left.get(message.partition)! <= message.offset + 1n) left.delete(message.partition);
      if (left.size === 0) break;
    }
    return records;
  } finally {
    await consumer.close(true);
  }
}

type Message = {
  partition: number;
  offset: bigint;
  key: Buffer;
  value: Buffer | null;
  headers: Map<Buffer, Buffer>;
};

function decoded(message: unknown): TopicRecord {
  const { partition, offset, key, value, headers } = message as Message;
  const text = key.toString();
  const parsed = keys.parseMessageKey(text)!;
  const wire = value && value.length > 0 ? splitWire(value) : null;
  return {
    partition,
    offset,
    key: text,
    ...parsed,
    headers: Object.fromEntries([...headers].map(([name, content]) => [`${name}`, `${content}`])),
    value: wire ? (type.fromBuffer(wire.avro) as Record<string, unknown>) : null,
    schemaId: wire?.schemaId ?? null,
    bytes: value,
  };
}

/** Reads until as many records are there, or the time is over. */
export async function readUntil(
  stack: TestStack,
  topic: string,
  count: number,
  patienceMs = 60_000,
): Promise<TopicRecord[]> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const records = await readTopic(stack, topic);
    if (records.length >= count || Date.now() > until) return records;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
