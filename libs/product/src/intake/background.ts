import { setTimeout as sleep } from 'node:timers/promises';

import type { AnySource } from '../define/domain.js';
import { fault, IntakeRefused } from '../errors.js';
import type { Fault } from '../errors.js';
import { isOutage } from '../subscribe/patience.js';
import { showsItems, Tally } from './answer.js';
import { arrivalOf } from './intake.js';
import type { ProcessLock } from './process-lock.js';
import type { Receiver } from './reception.js';
import { progressStatement } from './submissions.js';
import type { Submission, Submissions } from './submissions.js';

const LOOK_MS = 5_000;
/** A fault that is not of something being away is the program's own: it would come back for ever. */
const MOST_ATTEMPTS = 3;

type Parts = {
  submissions: Submissions;
  reception: Receiver;
  sources: readonly AnySource[];
  /** Only submissions of this source; each source has its own queue. */
  source: string;
  /** Who works this queue: one of all the processes of the domain, so that the order of receipt is kept. */
  lock: ProcessLock;
  log: { warn(detail: object, message: string): void };
};

/**
 * Works stored submissions through, one after the other, oldest first, in one process at a time. How far one has come is committed with
 * its items, so after a crash it goes on behind the last committed item and does nothing twice.
 */
export class Background {
  #stopping = false;
  /** Somebody woke it since it last began to look. */
  #woken = false;
  #wake: () => void = () => undefined;
  #running: Promise<void> | null = null;
  #failing = { receipt: '', attempts: 0 };

  constructor(private readonly parts: Parts) {}

  start(): void {
    this.#running ??= this.#run();
  }

  /** There may be something new. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Ends at the next unit; the rest is done after the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#running;
    await this.parts.lock.close();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      // Before the look, so that what was stored during it is not slept through.
      this.#woken = false;
      try {
        const mine = await this.parts.lock.take();
        const submission = mine && (await this.parts.submissions.nextWaiting(this.parts.source));
        if (submission) await this.#work(submission);
        else await this.#pause(LOOK_MS);
      } catch (error) {
        if (error instanceof Stopped) continue;
        const code = String((error as { code?: unknown } | null)?.code ?? 'unknown');
        this.parts.log.warn({ code }, 'A stored submission waits; trying again');
        await this.#pause(1_000);
      }
    }
  }

  async #work(submission: Submission): Promise<void> {
    const { submissions, reception, sources } = this.parts;
    const source = sources.find(({ name }) => name === submission.source);
    const tally = new Tally(submission.answer);
    try {
      if (!source) throw new Error('A submission waits for a source that the domain no longer has');
      await reception.receive(source, this.#body(submission.receipt), arrivalOf(submission), {
        skip: submission.done,
        receipt: submission.receipt,
        onUnit: (n, result, last) => {
          const answer = tally.after(n, result);
          const withItems = showsItems(result);
          return [progressStatement(submission.receipt, answer, { last, withItems })];
        },
      });
    } catch (error) {
      const reason = this.#reasonToGiveUp(submission.receipt, error);
      if (!reason) throw error;
      await submissions.fail(submission.receipt, reason);
    }
    await submissions.dropBody(submission.receipt);
  }

  /** Null for what is tried again. One submission that cannot be worked through must not hold up those behind it. */
  #reasonToGiveUp(receipt: string, error: unknown): Fault | null {
    if (error instanceof IntakeRefused) return error.fault;
    if (error instanceof Stopped || isOutage(error)) return null;
    if (this.#failing.receipt !== receipt) this.#failing = { receipt, attempts: 0 };
    this.#failing.attempts += 1;
    return this.#failing.attempts < MOST_ATTEMPTS ? null : fault('submissionFailed', '/');
  }

  async *#body(receipt: string): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.parts.submissions.bodyOf(receipt)) {
      // Another process may have begun where this one is, if the lock was lost.
      if (this.#stopping || !this.parts.lock.isHeld) throw new Stopped();
      yield chunk;
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#woken || this.#stopping) return;
    await Promise.race([
      sleep(ms, undefined, { ref: false }),
      new Promise<void>((wake) => (this.#wake = wake)),
    ]);
  }
}

class Stopped extends Error {}
