import { inTransaction } from '@caremesh/platform';
import type { Pool, PoolClient } from 'pg';

import type { DeadLetters } from './dead-letters.js';
import type { Decoder, Refusal } from './decoder.js';
import { takeNew } from './inbox.js';
import type { InboxRule } from './inbox.js';
import type { LetterSeal } from './letter.js';
import { backOff, isOutage, pause } from './patience.js';
import type { RawRecord, Received } from './received.js';
import { refuse } from './refused.js';

/** What a handler works in. Its effect belongs in `transaction`: it commits with the de-duplication or not at all. */
export type DeliveryContext = {
  transaction: PoolClient;
  topic: string;
  /** Name of the subscription: the topic, unless it was given another. */
  subscription: string;
};

/** Takes records in the order received. Throwing undoes the whole batch; it is then tried again record by record. */
export type BatchHandler<R> = (
  records: readonly Received<R>[],
  context: DeliveryContext,
) => Promise<void>;

/** What arrived together, decoded: each record is among `records` or `refused`. */
export type Batch<R> = {
  raws: readonly RawRecord[];
  records: readonly Received<R>[];
  refused: readonly Refusal[];
};

/** How often and how long a failing record is tried before it goes to the dead letters. */
export type RetryRule = { attempts: number; firstWaitMs: number; mostWaitMs: number };

export const DEFAULT_RETRY: RetryRule = { attempts: 5, firstWaitMs: 100, mostWaitMs: 5_000 };

/** What became of the records of a consumer since it started. */
export type Counts = { read: number; handled: number; duplicates: number; refused: number };

type Parts<R> = {
  subscription: string;
  pool: Pool;
  consumer: string;
  decoder: Decoder<R>;
  rule: InboxRule;
  handler: BatchHandler<R>;
  retry: RetryRule;
  seal: LetterSeal;
  deadLetters: DeadLetters;
  /** Told of each failure that is waited out or retried; must not throw. */
  troubled: (what: 'outage' | 'retry', error: unknown) => void;
};

/**
 * Settles batches: every record is handled, known already, or refused and named, and that is committed, when
 * `settle` returns. Only then may its offset be committed to the broker.
 */
export class Delivery<R> {
  readonly counts: Counts = { read: 0, handled: 0, duplicates: 0, refused: 0 };
  readonly #parts: Parts<R>;

  constructor(parts: Parts<R>) {
    this.#parts = parts;
  }

  /** Decodes a batch; nothing has become of it yet. Null only when `signal` is given. */
  async sort(raws: readonly RawRecord[], signal: AbortSignal): Promise<Batch<R> | null> {
    const sorted = await this.#waitOut(() => this.#parts.decoder.sort(raws), signal);
    return sorted && { raws, ...sorted };
  }

  /** Returns early, with the batch not settled, only when `signal` is given: it then answers false. */
  async settle({ raws, records, refused }: Batch<R>, signal: AbortSignal): Promise<boolean> {
    const done = await this.#settleTogether(raws, records, refused, signal);
    if (done === null) return false;
    this.counts.read += raws.length;
    return true;
  }

  /** The whole batch in one transaction; if the handler cannot, each record in its own. */
  async #settleTogether(
    batch: readonly RawRecord[],
    records: readonly Received<R>[],
    refused: readonly Refusal[],
    signal: AbortSignal,
  ): Promise<true | null> {
    const whole = () => this.#settle(records, refused);
    try {
      return await this.#waitOut(whole, signal, 'throw');
    } catch (error) {
      this.#parts.troubled('retry', error);
    }
    if ((await this.#waitOut(() => this.#settle([], refused), signal)) === null) return null;
    const raws = new Map(batch.map((raw) => [place(raw), raw]));
    for (const record of records) {
      const raw = raws.get(place(record.origin))!;
      if ((await this.#settleAlone(raw, record, signal)) === null) return null;
    }
    return true;
  }

  /** One record, tried again with growing waits, then refused. */
  async #settleAlone(
    raw: RawRecord,
    record: Received<R>,
    signal: AbortSignal,
  ): Promise<true | null> {
    const { attempts, firstWaitMs, mostWaitMs } = this.#parts.retry;
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        return await this.#waitOut(() => this.#settle([record], []), signal, 'throw');
      } catch (error) {
        this.#parts.troubled('retry', error);
        if (attempt + 1 < attempts) await pause(backOff(attempt, firstWaitMs, mostWaitMs), signal);
        if (signal.aborted) return null;
      }
    }
    const detail = `${attempts} attempts`;
    const refusal: Refusal = { raw, step: 'handler', fault: 'handlerFailed', detail };
    return this.#waitOut(() => this.#settle([], [refusal]), signal);
  }

  async #settle(records: readonly Received<R>[], refused: readonly Refusal[]): Promise<true> {
    const { pool, consumer, rule, handler, seal, deadLetters, subscription } = this.#parts;
    let fresh = 0;
    await inTransaction(pool, async (transaction) => {
      const taken = await takeNew(transaction, consumer, rule, records);
      fresh = taken.length;
      if (taken.length > 0) {
        await handler(taken, { transaction, topic: taken[0]!.origin.topic, subscription });
      }
      await refuse(transaction, consumer, refused, seal);
    });
    this.counts.handled += fresh;
    this.counts.duplicates += records.length - fresh;
    this.counts.refused += refused.length;
    if (refused.length > 0) deadLetters.wake();
    return true;
  }

  /** Repeats `work` through outages. Other errors are thrown if asked for, else waited out as well. */
  async #waitOut<T>(
    work: () => Promise<T>,
    signal: AbortSignal,
    otherwise: 'throw' | 'wait' = 'wait',
  ): Promise<T | null> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (otherwise === 'throw' && !isOutage(error)) throw error;
        this.#parts.troubled('outage', error);
      }
      await pause(backOff(Math.min(attempt, 10), 100, 10_000), signal);
      if (signal.aborted) return null;
    }
  }
}

const place = ({ partition, offset }: { partition: number; offset: bigint }): string =>
  `${partition}/${offset}`;
