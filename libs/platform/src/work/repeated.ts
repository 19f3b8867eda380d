import type { Logger } from '../log/logger.js';

/** What a repeated piece of work is called, how often it looks for something to do, and what it does. */
export type RepeatedOptions = {
  name: string;
  everyMs: number;
  log: Pick<Logger, 'warn'>;
  run: () => Promise<void>;
};

/**
 * Work that is looked for again and again, one run at a time, and at once when woken. A wake-up during a
 * run leads to another run after it, so none is lost; a run that throws is tried again, after a pause that
 * grows to five seconds.
 */
export class Repeated {
  readonly #options: RepeatedOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = true;
  #failures = 0;
  #lastSaid = '';

  constructor(options: RepeatedOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Asks for a run now; returns without waiting for it. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
      // Woken after the loop had ended, and before this.
      if (this.#again) this.wake();
      else this.#sleep();
    });
  }

  /** No further run begins; waits for the one under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #loop(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      await this.#attempt();
    }
  }

  async #attempt(): Promise<void> {
    try {
      await this.#options.run();
      this.#failures = 0;
      this.#lastSaid = '';
    } catch (error) {
      this.#say(error);
      this.#failures += 1;
    }
  }

  // Said once for each reason: what is down for an hour does not fill the log.
  #say(error: unknown): void {
    const text = String(error);
    if (text === this.#lastSaid) return;
    this.#lastSaid = text;
    this.#options.log.warn({ work: this.#options.name, err: error }, 'Will be tried again');
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const pause = this.#failures > 0 ? delayAfter(this.#failures - 1) : this.#options.everyMs;
    this.#timer = setTimeout(() => this.wake(), pause);
    this.#timer.unref();
  }
}

/** 0.5 s, 1 s, 2 s … and never more than 5 s: what waits for a part to come back goes on soon after it did. */
export function delayAfter(attempts: number): number {
  return Math.min(5_000, 500 * 2 ** Math.min(attempts, 10));
}
