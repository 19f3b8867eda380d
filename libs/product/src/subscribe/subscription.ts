import { setImmediate as turn } from 'node:timers/promises';

import type { Logger } from '@caremesh/platform';

import type { KafkaConnection } from '../kafka/client.js';
import type { Batch, Counts, Delivery } from './delivery.js';
import { backOff, pause } from './patience.js';
import { Session } from './session.js';
import type { Gathering } from './session.js';

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

/** A batch; full where as much had come as it may hold. */
type InHand<R> = Batch<R> & { isFull: boolean };

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
      for (let batch: InHand<R> | null = null; ;) {
        if (batch === null) await committed;
        batch ??= await this.#next(session, signal);
        if (batch === null) return;
        const began = performance.now();
        const settled = this.#parts.delivery.settle(batch, signal);
        const ahead = this.#ahead(session, batch, signal);
        ahead.catch(() => undefined);
        if (!(await settled)) return;
        await committed;
        committed = session.commit(batch.raws);
        committed.catch(() => undefined);
        // A full batch says that more is there already: to wait would only leave it lying.
        if (!batch.isFull) await this.#stayApart(began, signal);
        batch = await ahead;
      }
    } finally {
      await committed;
    }
  }

  async #next(session: Session, signal: AbortSignal): Promise<InHand<R> | null> {
    const most = this.#parts.batchSize();
    const raws = await session.next(most, signal);
    const batch = raws && (await this.#parts.delivery.sort(raws, signal));
    return batch && { ...batch, isFull: batch.raws.length >= most };
  }

  /**
   * Decodes what came behind a full batch while the database works on that one, as the broker keeps the last one's offsets
   * meanwhile: one after the other they took the sum of it all. A slice at a time, so that the database is not kept waiting.
   */
  async #ahead(
    session: Session,
    { isFull }: InHand<R>,
    signal: AbortSignal,
  ): Promise<InHand<R> | null> {
    if (!isFull) return null;
    const most = this.#parts.batchSize();
    const raws = session.arrived(most);
    const sorted: Batch<R>[] = [];
    for (let at = 0; at < raws.length; at += SLICE) {
      await turn();
      const slice = await this.#parts.delivery.sort(raws.slice(at, at + SLICE), signal);
      if (slice === null) return null;
      sorted.push(slice);
    }
    if (sorted.length === 0) return null;
    return {
      raws,
      records: sorted.flatMap(({ records }) => records),
      refused: sorted.flatMap(({ refused }) => refused),
      isFull: raws.length >= most,
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
