import { Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Ledger } from '../ledger/ledger.js';
import { LOGGER } from '../settings.js';
import { Checkpoints } from './checkpoints.js';

// Twice in the second that is promised: chained, signed and on the witness file within one turn.
const EVERY_MS = 500;
// Where nothing was chained nothing is to be signed, but for what a process left behind that was ended between the two; and a history
// that was changed is found by this.
const WHOLE_EVERY_MS = 5_000;

/** Chains committed entries, signs what was chained, and gives it to the witness file, again and again. */
@Injectable()
export class Sealer implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #ledger: Ledger;
  readonly #checkpoints: Checkpoints;
  readonly #work: Repeated;
  #wholeAt = -Infinity;

  constructor(ledger: Ledger, checkpoints: Checkpoints, @Inject(LOGGER) log: Logger) {
    this.#ledger = ledger;
    this.#checkpoints = checkpoints;
    const run = () => this.seal();
    this.#work = new Repeated({ name: 'sealer', everyMs: EVERY_MS, log, run });
  }

  /** One turn. Several instances may be at it; they take turns at each step. */
  async seal(): Promise<void> {
    const chained = await this.#ledger.seal();
    if (chained === 0 && performance.now() - this.#wholeAt < WHOLE_EVERY_MS) return;
    // Whole once both are done: until then each turn tries again.
    this.#wholeAt = -Infinity;
    await this.#checkpoints.sign();
    await this.#checkpoints.witness();
    this.#wholeAt = performance.now();
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
  }
}
