import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { LOGGER } from '../settings.js';
import { Quotas } from './quotas.js';
import type { Quota } from './quotas.js';

/**
 * So few bytes a second that no record is among them: a broker looks at ten seconds at least, so an answer of more than 160 bytes is over
 * it, and the smallest batch of one record has some 300. An answer without records mostly is not.
 */
export const CLOSED: Quota = { bytesPerSecond: 16, requestPercent: 100 };
/**
 * Whose fetch waits for no longer than this is refused by it in words. An answer over the quota would say nothing instead, and what
 * was read in the seconds before counts too.
 */
const REFUSED_MS = 3_000;

/**
 * A broker looks at its access rules when a fetch arrives. One that waits then is answered with whatever comes, for as long as
 * its client asked to wait, after the rules have gone. What is over its quota it answers without records (KIP-219): so
 * a principal that lost its rules has next to none a moment later, and keeps that.
 */
@Injectable()
export class WaitingFetches implements OnApplicationShutdown {
  readonly #quotas: Quotas;
  readonly #log: Logger;
  readonly #due = new Map<string, NodeJS.Timeout>();
  #stopping = false;

  constructor(quotas: Quotas, @Inject(LOGGER) log: Logger) {
    this.#quotas = quotas;
    this.#log = log;
  }

  /** Cuts off, in a moment, what a principal whose rules were taken away left waiting. */
  cut(principal: string): void {
    this.#forget(principal);
    const timer = setTimeout(() => {
      this.#due.delete(principal);
      void this.cutNow([principal]);
    }, REFUSED_MS);
    this.#due.set(principal, timer);
  }

  /** Gives a principal whose rules are about to stand the quota that was decided. Throws MESH-3016 as the broker answers. */
  async spare(principal: string, quota: Quota): Promise<void> {
    this.#forget(principal);
    await this.#quotas.hold([[principal, quota]]);
  }

  /** Never throws: while the broker cannot be reached it is tried again. */
  async cutNow(principals: readonly string[]): Promise<void> {
    try {
      await this.#quotas.hold(principals.map((principal) => [principal, CLOSED] as const));
    } catch (err) {
      this.#log.warn({ principals: principals.length, err }, 'Fetches may go on waiting');
      if (!this.#stopping) for (const principal of principals) this.cut(principal);
    }
  }

  /** What is due is done now: nobody would do it before the next start. */
  async onApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    const left = [...this.#due.keys()];
    for (const principal of left) this.#forget(principal);
    await this.cutNow(left);
  }

  #forget(principal: string): void {
    clearTimeout(this.#due.get(principal));
    this.#due.delete(principal);
  }
}
