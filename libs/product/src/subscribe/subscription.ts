import { setImmediate as turn } from 'node:timers/promises';

import type { Logger } from '@caremesh/platform';

import type { KafkaConnection } from '../kafka/client.js';
import type { Batch, Counts, Delivery } from './delivery.js';
import { backOff, pause } from './patience.js';
import { Session } from './session.js';
import type { Gathering } from '../kafka/flat-consumer.js';

/** Records decoded at a time beside the batch in hand: half a millisecond of work. */
const SLICE = 32;

/** How a subscription stands: `waiting` says that it is trying to reach something, and since when. */
export type SubscriptionStatus = {
  topic: string;
  state: 'starting' | 'reading' | 'waiting' | 'stopped';
  waitingFor: string | null;
  counts: Counts;
};

type Parts<R> = {
  topic: string;
  groupId: string;
  connection: KafkaConnection;
  delivery: Pick<Delivery<R>, 'counts' | 'sort' | 'settle'>;
  batchSize: () => number;
  gathering?: Gathering | undefined;
  from?: ReadonlyMap<number, bigint> | undefined;
  settled: (positions: ReadonlyMap<number, bigint>) => void;
  apart?: (() => number) | undefined;
  log: Logger;
};

/**
 * Reads one topic for ever: a batch is fetched, settled in the database, and only then committed to the broker.
 * Whatever ends a membership (a broker that restarts, a rebalance that went wrong, a right not yet given), the next
 * one begins after a growing wait. Stopping waits for the batch in hand.
 */
export class Subscription<R> {
  readonly #parts: Parts<R>;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;
  #state: SubscriptionStatus['state'] = 'starting';
  #waitingFor: string | null = null;

  constructor(parts: Parts<R>) {
    this.#parts = parts;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#state = 'stopped';
  }

  status(): SubscriptionStatus {
    const { topic, delivery } = this.#parts;
    return {
      topic,
      state: this.#state,
      waitingFor: this.#waitingFor,
      counts: { ...delivery.counts },
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      const readBefore = this.#parts.delivery.counts.read;
      const { connection, groupId, topic, settled, gathering, from } = this.#parts;
      const session = new Session(connection, groupId, topic, settled, gathering, from);
      try {
        await this.#read(session, signal);
      } catch (error) {
        this.#troubled(error);
      } finally {
        await session.close();
      }
      if (this.#parts.delivery.counts.read > readBefore) attempt = 0;
      await pause(backOff(Math.min(attempt, 10), 200, 10_000), signal);
    }
  }

  async #read(session: Session, signal: AbortSignal): Promise<void> {
    await session.open();
    this.#state = 'reading';
    this.#waitingFor = null;
    let committed = Promise.resolve();
    try {
      for (let batch: Batch<R> | null = null; ;) {
        if (batch === null) await committed;
        batch ??= await this.#next(session, signal);
        if (batch === null) return;
        const began = performance.now();
        const over = new AbortController();
        signal.addEventListener('abort', () => over.abort(), { once: true, signal: over.signal });
        const settled = this.#parts.delivery.settle(batch, signal);
        const following = this.#gather(session, over.signal, signal);
        following.catch(() => undefined);
        try {
          if (!(await settled)) return;
          await committed;
          committed = session.commit(batch.raws);
          committed.catch(() => undefined);
          await Promise.race([following, this.#stayApart(began, over.signal)]);
        } finally {
          over.abort();
        }
        batch = await following;
      }
    } finally {
      await committed;
    }
  }

  async #next(session: Session, signal: AbortSignal): Promise<Batch<R> | null> {
    const raws = await session.next(this.#parts.batchSize(), signal);
    return raws && (await this.#parts.delivery.sort(raws, signal));
  }

  /**
   * Decodes what comes while the batch in hand is settled, and after that until `over` is given or as much has come as a batch
   * may hold: one after the other they took the sum of it all. A slice at a time, so that the database is not kept waiting.
   * Null where nothing came, and where `signal` is given.
   */
  async #gather(
    session: Session,
    over: AbortSignal,
    signal: AbortSignal,
  ): Promise<Batch<R> | null> {
    const most = this.#parts.batchSize();
    const sorted: Batch<R>[] = [];
    for (let read = 0; read < most && !signal.aborted;) {
      await turn();
      const raws = session.arrived(Math.min(SLICE, most - read));
      if (raws.length === 0) {
        if (over.aborted) break;
        await session.more(over);
        continue;
      }
      const slice = await this.#parts.delivery.sort(raws, signal);
      if (slice === null) return null;
      sorted.push(slice);
      read += raws.length;
    }
    if (sorted.length === 0 || signal.aborted) return null;
    return {
      raws: sorted.flatMap(({ raws }) => raws),
      records: sorted.flatMap(({ records }) => records),
      refused: sorted.flatMap(({ refused }) => refused),
    };
  }

  async #stayApart(began: number, signal: AbortSignal): Promise<void> {
    const { apart } = this.#parts;
    const early = apart ? began + apart() - performance.now() : 0;
    if (early > 0) await pause(early, signal);
  }

  #troubled(error: unknown): void {
    this.#state = 'waiting';
    this.#waitingFor = error instanceof Error ? error.message : 'unknown';
    const { log, topic } = this.#parts;
    log.warn({ topic, err: error }, 'reading was interrupted and begins again');
  }
}
