import { createHash } from 'node:crypto';
import { Repeated, problem } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { Store } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { LOGGER } from '../settings.js';
import { AnswerEntity } from './answer.entity.js';

const KEPT_MS = 24 * 3_600_000;
const FORGET_EVERY_MS = 3_600_000;
// Longer than any request may take; who holds a key longer was killed.
const ABANDONED_MS = 60_000;

/** A request under a key: whose, which key, and a hash of what was asked. */
export type Keyed = { caller: string; key: string; fingerprint: string };

/** The hash of what is asked: the same key may only ask the same again. */
export function fingerprintOf(method: string, path: string, body: unknown): string {
  const text = JSON.stringify([method, path, body ?? null]);
  return createHash('sha256').update(text).digest('hex');
}

/** Answers already given, by caller and Idempotency-Key. */
@Injectable()
export class Answers implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: Store;
  readonly #work: Repeated;

  constructor(store: Store, @Inject(LOGGER) log: Logger) {
    this.#store = store;
    const run = () => this.#forget();
    this.#work = new Repeated({ name: 'answers', everyMs: FORGET_EVERY_MS, log, run });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }

  /**
   * Takes the key for this request: null if it is now this request's to work on, else the answer that was
   * given. Throws MESH-3073 (another request used the key), MESH-3074 (being worked on at this moment),
   * MESH-3075 (answered with something that is shown once).
   */
  async begin({
    caller,
    key,
    fingerprint,
  }: Keyed): Promise<{ status: number; body: unknown } | null> {
    const now = new Date();
    const taken: unknown[] = await this.#store.reader.query(
      `INSERT INTO idempotent_answer (caller, key, fingerprint, started_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (caller, key) DO UPDATE SET started_at = excluded.started_at
         WHERE idempotent_answer.status IS NULL AND idempotent_answer.started_at < $5
           AND idempotent_answer.fingerprint = excluded.fingerprint
       RETURNING key`,
      [caller, key, fingerprint, now, new Date(now.getTime() - ABANDONED_MS)],
    );
    if (taken.length > 0) return null;
    const held = await this.#store.reader.findOneBy(AnswerEntity, { caller, key });
    if (held && held.fingerprint !== fingerprint) throw problem(governanceErrors.keyUsed);
    if (!held || held.status === null) throw problem(governanceErrors.keyInWork);
    if (held.body === null) throw problem(governanceErrors.shownOnce);
    return { status: held.status, body: held.body };
  }

  /** Keeps the answer, be it a failure, for who asks again. */
  async keep({ caller, key }: Keyed, status: number, body: unknown): Promise<void> {
    await this.#store.reader.update(AnswerEntity, { caller, key }, { status, body: body as never });
  }

  /** Frees the key of a request that failed: nothing of it was committed, and it may be asked again. */
  async release({ caller, key }: Keyed): Promise<void> {
    await this.#store.reader.delete(AnswerEntity, { caller, key });
  }

  async #forget(): Promise<void> {
    const startedAt = LessThan(new Date(Date.now() - KEPT_MS));
    await this.#store.reader.delete(AnswerEntity, { startedAt });
  }
}
