import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Consumer, MessagesStreamModes } from '@platformatic/kafka';
import { Kafka } from 'kafkajs';
import type { BenchMesh } from './bench-mesh.js';

/** The end offset of each partition. */
export type Ends = bigint[];

/** What ListOffsets calls the end. */
const LATEST = -1n;

/** How often is asked how far a topic has grown: the broker answers it beside what is measured. */
const EVERY_MS = 50;

/** What really stands in Kafka: end offsets while a run goes on, and a full read-back after it. */
export class Topics {
  readonly #mesh: BenchMesh;
  readonly #admin: Admin;
  readonly #partitions = new Map<string, number>();

  constructor(mesh: BenchMesh) {
    this.#mesh = mesh;
    this.#admin = new Admin({ clientId: 'bench', ...connection(mesh) });
  }

  /** Makes a peer's topic with the settings of a product topic. */
  async make(topic: string, partitions = 6, policy: 'compact' | 'delete' = 'compact') {
    const configs = [{ name: 'cleanup.policy', value: policy }];
    await this.#admin.createTopics({ topics: [topic], partitions, replicas: 1, configs });
  }

  async ends(topic: string): Promise<Ends> {
    return (await this.#ends([topic]))[0]!;
  }

  /** How many records each of many topics ever had, in one request. */
  async sizes(topics: readonly string[]): Promise<number[]> {
    return (await this.#ends(topics)).map((ends) =>
      ends.reduce((sum, offset) => sum + Number(offset), 0),
    );
  }

  async #ends(topics: readonly string[]): Promise<Ends[]> {
    const unknown = topics.filter((topic) => !this.#partitions.has(topic));
    if (unknown.length > 0) {
      const metadata = await this.#admin.metadata({ topics: unknown });
      for (const name of unknown) {
        this.#partitions.set(name, metadata.topics.get(name)!.partitionsCount);
      }
    }
    const found = await this.#admin.listOffsets({
      topics: topics.map((name) => ({
        name,
        partitions: Array.from({ length: this.#partitions.get(name)! }, (_, partitionIndex) => ({
          partitionIndex,
          timestamp: LATEST,
        })),
      })),
    });
    const ends = new Map<string, Ends>();
    for (const { name, partitions } of found) {
      const own: Ends = [];
      for (const { partitionIndex, offset } of partitions) own[partitionIndex] = offset;
      ends.set(name, own);
    }
    return topics.map((name) => ends.get(name)!);
  }

  /** Waits until the topic holds `count` records more than at `from`; resolves with the moment (performance.now). */
  async grown(topic: string, from: Ends, count: number, withinMs: number): Promise<number> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const more = between(from, await this.ends(topic));
      if (more >= count) return performance.now();
      if (performance.now() > deadline) throw new Error(`${topic} grew by ${more}, not ${count}`);
      await sleep(EVERY_MS);
    }
  }

  /** Reads every record from `from` to the end; how many there are, and how many different `ce_id` they carry. */
  async readBack(topic: string, from: Ends): Promise<{ records: number; distinct: number }> {
    const ids = new Set<string>();
    const to = await this.ends(topic);
    const wanted = between(from, to);
    if (wanted === 0) return { records: 0, distinct: 0 };
    const consumer = new Consumer({
      groupId: `bench-${Date.now()}`,
      clientId: 'bench',
      ...connection(this.#mesh),
      autocommit: false,
    });
    const stream = await consumer.consume({
      topics: [topic],
      mode: MessagesStreamModes.MANUAL,
      offsets: from.map((offset, partition) => ({ topic, partition, offset })),
      maxWaitTime: 100,
    });
    let records = 0;
    for await (const { headers, key } of stream) {
      ids.add(headerOf(headers, 'ce_id') ?? String(key));
      if (++records >= wanted) break;
    }
    await consumer.close(true);
    return { records, distinct: ids.size };
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }
}

function between(from: Ends, to: Ends): number {
  return to.reduce((sum, end, partition) => sum + Number(end - (from[partition] ?? 0n)), 0);
}

function headerOf(headers: Map<Buffer, Buffer>, name: string): string | undefined {
  for (const [key, value] of headers) if (key.toString() === name) return value.toString();
  return undefined;
}

/** Connection settings of the broker's own listener for @platformatic/kafka. */
export function connection(mesh: BenchMesh) {
  const { address, user, password } = mesh.broker;
  return {
    bootstrapBrokers: [address],
    sasl: { mechanism: 'PLAIN' as const, username: user, password },
  };
}

/** The same for kafkajs. */
export function kafkaOf(mesh: BenchMesh): Kafka {
  const { address, user, password } = mesh.broker;
  return new Kafka({
    clientId: 'bench',
    brokers: [address],
    sasl: { mechanism: 'plain', username: user, password },
    logLevel: 1,
  });
}
