import type { Logger } from '@caremesh/platform';

import type { KafkaConnection } from '../kafka/client.js';
import type { Counts, Delivery } from './delivery.js';
import { backOff, pause } from './patience.js';
import { Session } from './session.js';
import type { Gathering } from './session.js';

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
  delivery: Pick<Delivery<R>, 'counts' | 'deliver'>;
  batchSize: number;
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
    for (;;) {
      const batch = await session.next(this.#parts.batchSize, signal);
      if (batch === null) return;
      const began = performance.now();
      if (!(await this.#parts.delivery.deliver(batch, signal))) return;
      await session.commit(batch);
      const { batchSize, apart } = this.#parts;
      // A full batch says that more is there already: to wait would only leave it lying.
      if (!apart || batch.length >= batchSize) continue;
      const early = began + apart() - performance.now();
      if (early > 0) await pause(early, signal);
    }
  }

  #troubled(error: unknown): void {
    this.#state = 'waiting';
    this.#waitingFor = error instanceof Error ? error.message : 'unknown';
    const { log, topic } = this.#parts;
    log.warn({ topic, err: error }, 'reading was interrupted and begins again');
  }
}
