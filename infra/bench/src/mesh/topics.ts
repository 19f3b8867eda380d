import { setTimeout as sleep } from 'node:timers/promises';
import { Admin as Inspector, Consumer, MessagesStreamModes } from '@platformatic/kafka';
import { Kafka, type Admin } from 'kafkajs';
import type { BenchMesh } from './bench-mesh.js';

/** The end offset of each partition. */
export type Ends = bigint[];

/** What ListOffsets calls the end. */
const LATEST = -1n;

/** What really stands in Kafka: end offsets while a run goes on, and a full read-back after it. */
export class Topics {
  #inspector: Inspector | null = null;

  private constructor(
    private readonly admin: Admin,
    private readonly mesh: BenchMesh,
  ) {}

  static async of(mesh: BenchMesh): Promise<Topics> {
    const admin = kafkaOf(mesh).admin();
    await admin.connect();
    return new Topics(admin, mesh);
  }

  /** Makes a peer's topic with the settings of a product topic. */
  async make(topic: string, partitions = 6, policy: 'compact' | 'delete' = 'compact') {
    const configEntries = [{ name: 'cleanup.policy', value: policy }];
    await this.admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
    });
  }

  async ends(topic: string): Promise<Ends> {
    const offsets = await this.admin.fetchTopicOffsets(topic);
    const ends: Ends = [];
    for (const { partition, high } of offsets) ends[partition] = BigInt(high);
    return ends;
  }

  /** How many records each of many topics ever had, in one request. */
  async sizes(topics: readonly string[]): Promise<number[]> {
    this.#inspector ??= new Inspector({ clientId: 'bench', ...connection(this.mesh) });
    const metadata = await this.#inspector.metadata({ topics: [...topics] });
    const found = await this.#inspector.listOffsets({
      topics: topics.map((name) => ({
        name,
        partitions: Array.from(
          { length: metadata.topics.get(name)!.partitionsCount },
          (_, partitionIndex) => ({ partitionIndex, timestamp: LATEST }),
        ),
      })),
    });
    const sums = new Map(
      found.map(({ name, partitions }) => [
        name,
        partitions.reduce((sum, { offset }) => sum + Number(offset), 0),
      ]),
    );
    return topics.map((name) => sums.get(name)!);
  }

  /** Waits until the topic holds `count` records more than at `from`; resolves with the moment (performance.now). */
  async grown(topic: string, from: Ends, count: number, withinMs: number): Promise<number> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const more = between(from, await this.ends(topic));
      if (more >= count) return performance.now();
      if (performance.now() > deadline) throw new Error(`${topic} grew by ${more}, not ${count}`);
      await sleep(10);
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
      ...connection(this.mesh),
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
    await this.admin.disconnect();
    await this.#inspector?.close();
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
