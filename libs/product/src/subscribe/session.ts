import { createFlatConsumer } from '../kafka/client.js';
import type { KafkaConnection } from '../kafka/client.js';
import type { FlatConsumer, FlatMessage, FlatStream, Gathering } from '../kafka/flat-consumer.js';
import type { RawRecord } from './received.js';

/** By default a record is handed over as soon as it is there. */
const AT_ONCE: Gathering = { bytes: 1, ms: 500 };
/**
 * Where nothing came for so long, the first that comes is handed over at once, and an answer is waited for as long: a fetch costs broker and
 * client the same whether it brings anything or not.
 */
const QUIET_MS = 1_000;
/** With partitions in hand and no fetch for so long, the client has lost its way and is made anew. */
const STALLED_AFTER_MS = 60_000;
const CLOSE_WITHIN_MS = 5_000;
// A process that was killed keeps its partitions until its session has passed: that is how long a restart waits.
const SESSION_MS = 8_000;
const HEARTBEAT_MS = 1_500;

/**
 * One membership in a consumer group, from join to leave. Reads from the committed offset; where nothing was committed,
 * from the offset that `from` names for the partition, or from the beginning. It ends, by throwing, on whatever the client cannot mend itself; the next one
 * takes up from what was committed.
 */
export class Session {
  readonly #topic: string;
  readonly #consumer: FlatConsumer;
  readonly #settled: (positions: ReadonlyMap<number, bigint>) => void;
  readonly #from: ReadonlyMap<number, bigint>;
  readonly #committed = new Map<number, bigint>();
  #stream: FlatStream | null = null;
  /** The message whose records are being given out. */
  #open: FlatMessage | null = null;
  #wake: () => void = () => undefined;
  #fetchedAt = Date.now();
  #cameAt = -Infinity;

  constructor(
    connection: KafkaConnection,
    groupId: string,
    topic: string,
    settled: (positions: ReadonlyMap<number, bigint>) => void,
    gathering: Gathering = AT_ONCE,
    from: ReadonlyMap<number, bigint> = new Map<number, bigint>(),
  ) {
    this.#topic = topic;
    this.#settled = settled;
    this.#from = from;
    const options = {
      groupId,
      autocommit: false,
      // The client retries within its retries; a membership that fails is begun again here all the same.
      retries: 2,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: 60_000,
      heartbeatInterval: HEARTBEAT_MS,
    };
    const quiet = { bytes: 1, ms: Math.max(QUIET_MS, gathering.ms) };
    this.#consumer = createFlatConsumer(connection, options, () =>
      performance.now() - this.#cameAt > QUIET_MS ? quiet : gathering,
    );
    // A fault of the membership shows itself in the stream or the next commit; unheard, it would end the process.
    this.#consumer.on('error', () => undefined);
  }

  /** Joins the group and begins to fetch. */
  async open(): Promise<void> {
    if (this.#from.size > 0) await this.#begin();
    const stream = await this.#consumer.consume({
      topics: [this.#topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
    });
    this.#stream = stream;
    const wake = () => this.#wake();
    for (const event of ['readable', 'end', 'close', 'error'] as const) {
      (stream as NodeJS.ReadableStream).on(event, wake);
    }
    stream.on('fetch', () => {
      this.#fetchedAt = Date.now();
      wake();
    });
  }

  /**
   * Commits where the group is to begin, before anything is fetched and for every partition, whoever reads it: a member that
   * takes one over finds it. Two members who do so at once, or one that comes late, move a position back at most, and then
   * records are read twice.
   */
  async #begin(): Promise<void> {
    const topic = this.#topic;
    this.#consumer.topics.track(topic);
    await this.#consumer.joinGroup({});
    const partitions = [...this.#from.keys()];
    const committed = await this.#consumer.listCommittedOffsets({
      topics: [{ topic, partitions }],
    });
    const offsets = [...this.#from]
      .filter(
        ([partition, offset]) => offset > 0n && (committed.get(topic)?.[partition] ?? -1n) < 0n,
      )
      .map(([partition, offset]) => ({ topic, partition, offset, leaderEpoch: -1 }));
    if (offsets.length > 0) await this.#consumer.commit({ offsets });
  }

  /** What has arrived and was not given out, at most `most` records; perhaps none. */
  arrived(most: number): RawRecord[] {
    const batch: RawRecord[] = [];
    while (batch.length < most) {
      const record = this.#nextRecord();
      if (record === null) break;
      batch.push(record);
    }
    if (batch.length > 0) this.#cameAt = performance.now();
    return batch;
  }

  #nextRecord(): RawRecord | null {
    for (;;) {
      this.#open ??= this.#stream!.read() as FlatMessage | null;
      if (this.#open === null) return null;
      const { topic, partition, value } = this.#open;
      const record = value.next(topic, partition);
      if (record !== null) return record;
      this.#open = null;
    }
  }

  /** True if something came that was not given out. */
  get #hasMore(): boolean {
    return this.#open !== null || this.#stream!.readableLength > 0;
  }

  /** The same; waits for the first. Null when `signal` is given. All that was given out before must be settled. */
  async next(most: number, signal: AbortSignal): Promise<RawRecord[] | null> {
    for (;;) {
      if (signal.aborted) return null;
      const batch = this.arrived(most);
      if (batch.length > 0) return batch;
      await this.#commitRead();
      await this.more(signal);
    }
  }

  /** Commits the offsets after `batch`, which must be settled. */
  async commit(batch: readonly RawRecord[]): Promise<void> {
    const next = new Map<number, bigint>();
    for (const { partition, offset } of batch) {
      if (offset >= (next.get(partition) ?? 0n)) next.set(partition, offset + 1n);
    }
    await this.#commitOffsets(next);
  }

  /**
   * Commits the position of the fetches when all that was fetched is settled: markers of transactions are no
   * records, and a group that never commits past them looks as if it lagged.
   */
  async #commitRead(): Promise<void> {
    const stream = this.#stream!;
    if (this.#hasMore) return;
    const next = new Map<number, bigint>();
    for (const [place, offset] of stream.offsetsToFetch) {
      next.set(Number(place.slice(place.lastIndexOf(':') + 1)), offset);
    }
    await this.#commitOffsets(next);
  }

  async #commitOffsets(next: ReadonlyMap<number, bigint>): Promise<void> {
    const topic = this.#topic;
    const assigned = this.#consumer.assignments?.find((found) => found.topic === topic)?.partitions;
    // A partition that another member has taken over is that member's to commit.
    const offsets = [...next]
      .filter(([partition]) => assigned?.includes(partition))
      .filter(([partition, offset]) => offset > (this.#committed.get(partition) ?? -1n))
      .map(([partition, offset]) => ({ topic, partition, offset, leaderEpoch: -1 }));
    if (offsets.length === 0) return;
    await this.#consumer.commit({ offsets });
    for (const { partition, offset } of offsets) this.#committed.set(partition, offset);
    this.#settled(this.#committed);
  }

  /** Waits until more may have come or `signal` is given. Throws when nothing can come any more. */
  async more(signal: AbortSignal): Promise<void> {
    const stream = this.#stream!;
    if (stream.errored) throw stream.errored;
    if (stream.destroyed || stream.readableEnded) throw new Error('the stream of records ended');
    // It came while something else was waited for, and nothing will be told of it again.
    if (this.#hasMore) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, STALLED_AFTER_MS);
      this.#wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', this.#wake);
        resolve();
      };
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    const idle = (this.#consumer.assignments?.length ?? 0) === 0;
    if (!idle && Date.now() - this.#fetchedAt > STALLED_AFTER_MS)
      throw new Error('fetching stalled');
  }

  /** Leaves the group. Never throws: the broker notices a member that is gone by itself, only later. */
  async close(): Promise<void> {
    const left = this.#consumer.close(true).catch(() => undefined);
    await Promise.race([
      left,
      new Promise((resolve) => setTimeout(resolve, CLOSE_WITHIN_MS).unref()),
    ]);
  }
}
