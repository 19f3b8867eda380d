import { setTimeout as sleep } from 'node:timers/promises';

import {
  Base,
  FindCoordinatorKeyTypes,
  findErrorBy,
  kGetApi,
  kGetBootstrapConnection,
  kGetConnection,
  produceV11,
  Writer,
} from '@platformatic/kafka';
import type {
  Broker,
  ClusterMetadata,
  ClusterTopicMetadata,
  Connection,
} from '@platformatic/kafka';

import { ProductError } from '../errors.js';
import { kafkaOptions } from './client.js';
import type { KafkaConnection } from './client.js';
import { momentOn } from './moment.js';
import { recordBatch } from './record-batch.js';

/** Records of one partition, in order; each the bytes that `recordBody` made. */
export type PartitionBatch = { topic: string; partition: number; bodies: Uint8Array[] };

type Identity = { producerId: bigint; producerEpoch: number };
type Encoded = { topic: string; partition: number; bytes: Buffer };

const ACKS_ALL = -1;
const TIMEOUT_MS = 30_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 2_000;
/** A coordinator that is being elected refuses a few times, which is no news; a broker that is away is news now and then. */
const TOLD_EVERY = 10;
/** The broker no longer takes this producer: another has taken its transactional id over. */
const FENCED = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'];
/** The broker does not let this producer write there: not yet, or not any more. */
const DENIED = ['TOPIC_AUTHORIZATION_FAILED'];
/** The broker lost track of this producer: a new identity is needed, and may repeat what it had stored. */
const FORGOTTEN = [
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_ID_MAPPING',
];

/**
 * Sends record batches in order, one at a time, acknowledged by all replicas.
 *
 * The producer identity is taken under a transactional id although no transaction is ever begun: taking it
 * raises the epoch, and from the successor's first record in a partition on the broker refuses everything
 * its predecessor still sends there. So a publisher that was stopped and woken cannot send late.
 * A repeated attempt carries the same sequence numbers, so the broker stores it once.
 */
export class FencedProducer {
  readonly #client: Base;
  readonly #transactionalId: string;
  readonly #sequences = new Map<string, number>();
  #identity: Identity | null = null;
  /** What the broker said of topics and leaders; kept until something fails, because it is asked for with every record. */
  readonly #topics = new Map<string, ClusterTopicMetadata>();
  #brokers: ClusterMetadata['brokers'] = new Map();
  #closed = false;

  /** @param onRetry told now and then of attempts that go on failing and will be made again. */
  constructor(
    connection: KafkaConnection,
    transactionalId: string,
    private readonly onRetry: (error: Error) => void = () => undefined,
  ) {
    this.#client = new Base({ ...kafkaOptions(connection), retries: 1, maxInflights: 1 });
    this.#transactionalId = transactionalId;
  }

  /** Takes the identity over from whoever held it. Retries until the broker answers or `close` is called. */
  async open(): Promise<void> {
    await this.#persist(() => this.#takeIdentity());
  }

  /** How many partitions a topic has; waits for a topic that is not there yet. */
  async partitions(topic: string): Promise<number> {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known.partitionsCount;
    return this.#persist(async () => {
      await this.#learn([topic]);
      const count = this.#topics.get(topic)?.partitionsCount;
      if (!count) throw new Error(`Topic ${topic} does not exist`);
      return count;
    });
  }

  /**
   * Resolves when every record is stored. Retries what may be retried for as long as it takes.
   * Throws `publisherFenced` if another producer has taken over; then nothing more may be sent.
   * @param stillOf which of these are still to be sent, asked where the broker does not let some be: those that are not are let go.
   */
  async send(
    batches: PartitionBatch[],
    stillOf: (batches: PartitionBatch[]) => Promise<PartitionBatch[]> = async (all) => all,
  ): Promise<void> {
    if (batches.length === 0) return;
    let sent = batches;
    let encoded = this.#encode(sent);
    await this.#persist(async () => {
      try {
        await this.#produce(encoded);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        if (isOneOf(error, DENIED)) {
          sent = await stillOf(sent);
          encoded = this.#encode(sent);
        }
        if (!isOneOf(error, FORGOTTEN)) throw error;
        await this.#takeIdentity();
        encoded = this.#encode(sent);
        await this.#produce(encoded);
      }
    });
    for (const { topic, partition, bodies } of sent) {
      const key = `${topic}/${partition}`;
      // The broker counts in 31 bits and begins again at 0.
      this.#sequences.set(key, ((this.#sequences.get(key) ?? 0) + bodies.length) % 0x80000000);
    }
  }

  /** Ends the connections; a `send` under way rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.close();
  }

  #encode(batches: PartitionBatch[]): Encoded[] {
    const identity = this.#identity;
    if (!identity) throw new Error('The producer was not opened');
    const now = Date.now();
    return batches.map(({ topic, partition, bodies }) => {
      const baseSequence = this.#sequences.get(`${topic}/${partition}`) ?? 0;
      const sender = { ...identity, baseSequence };
      return { topic, partition, bytes: recordBatch(bodies, sender, momentOn(topic, now)) };
    });
  }

  /** Tries until done; a fault that no further attempt can mend is thrown. */
  async #persist<T>(attempt: () => Promise<T>): Promise<T> {
    let failures = 0;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (this.#closed || !(error instanceof Error)) throw error;
        if (isOneOf(error, FENCED)) throw new ProductError('publisherFenced');
        if (++failures % TOLD_EVERY === 0) this.onRetry(error);
        this.#topics.clear();
        this.#client.clearMetadata();
        await sleep(pause);
      }
    }
  }

  async #takeIdentity(): Promise<void> {
    const coordinator = await this.#coordinator();
    const answer = await this.#call<Identity>('InitProducerId', coordinator, [
      this.#transactionalId,
      TIMEOUT_MS,
      -1n,
      -1,
    ]);
    this.#identity = { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    this.#sequences.clear();
  }

  async #coordinator(): Promise<Connection> {
    const bootstrap = await new Promise<Connection>((resolve, reject) => {
      this.#client[kGetBootstrapConnection]((error, connection) =>
        error ? reject(error) : resolve(connection!),
      );
    });
    const found = await this.#call<{ coordinators: { host: string; port: number }[] }>(
      'FindCoordinator',
      bootstrap,
      [FindCoordinatorKeyTypes.TRANSACTION, [this.#transactionalId]],
    );
    const { host, port } = found.coordinators[0]!;
    return this.#connect({ host, port });
  }

  /** Asks for those of these topics that are not known. The client answers of what it is asked alone. */
  async #learn(topics: string[]): Promise<void> {
    const missing = topics.filter((topic) => !this.#topics.has(topic));
    if (missing.length === 0) return;
    const said = await this.#client.metadata({ topics: missing, forceUpdate: true });
    for (const [topic, found] of said.topics) if (found) this.#topics.set(topic, found);
    this.#brokers = said.brokers;
  }

  /** One request per leader; a retry sends all again, and the broker recognises what it has. */
  async #produce(batches: Encoded[]): Promise<void> {
    if (batches.length === 0) return;
    const topics = [...new Set(batches.map((batch) => batch.topic))];
    await this.#learn(topics);
    const byLeader = new Map<number, Encoded[]>();
    for (const batch of batches) {
      const leader = this.#topics.get(batch.topic)?.partitions[batch.partition]?.leader ?? -1;
      const list = byLeader.get(leader);
      if (list) list.push(batch);
      else byLeader.set(leader, [batch]);
    }
    await Promise.all([...byLeader].map(([leader, list]) => this.#produceTo(leader, list)));
  }

  async #produceTo(leader: number, batches: Encoded[]): Promise<void> {
    const broker = this.#brokers.get(leader);
    if (!broker) throw new Error('A partition has no leader now');
    const connection = await this.#connect(broker);
    await new Promise<void>((resolve, reject) => {
      connection.send(
        produceV11.api.key,
        produceV11.api.version,
        () => produceRequest(batches),
        produceV11.parseResponse,
        true,
        true,
        (error: Error | null) => (error ? reject(error) : resolve()),
      );
    });
  }

  #connect(broker: Broker): Promise<Connection> {
    return new Promise((resolve, reject) => {
      this.#client[kGetConnection](broker, (error, connection) =>
        error ? reject(error) : resolve(connection!),
      );
    });
  }

  #call<Answer>(name: string, connection: Connection, args: unknown[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#client[kGetApi]<unknown[], Answer>(name, (error, api) => {
        if (error || !api) return reject(error ?? new Error(`The broker has no ${name}`));
        api(connection, ...args, (failure: Error | null, answer: Answer) =>
          failure ? reject(failure) : resolve(answer),
        );
      });
    });
  }
}

/** Produce request, version 11: no transaction, all replicas, the batches as they are. */
function produceRequest(batches: Encoded[]): Writer {
  const byTopic = new Map<string, Encoded[]>();
  for (const batch of batches) {
    const list = byTopic.get(batch.topic);
    if (list) list.push(batch);
    else byTopic.set(batch.topic, [batch]);
  }
  return Writer.create()
    .appendString(null)
    .appendInt16(ACKS_ALL)
    .appendInt32(TIMEOUT_MS)
    .appendArray([...byTopic], (writer, [topic, partitions]) => {
      writer.appendString(topic).appendArray(partitions, (inner, { partition, bytes }) => {
        inner
          .appendInt32(partition)
          .appendUnsignedVarInt(bytes.length + 1)
          .append(bytes);
      });
    })
    .appendTaggedFields();
}

const isOneOf = (error: Error, ids: readonly string[]): boolean =>
  ids.some((id) => findErrorBy(error, 'apiId', id) !== null);
