import { fileURLToPath } from 'node:url';

import type { Logger } from '@caremesh/platform';
import { KeptThread } from '@caremesh/platform/thread';
import type { RecordTransport } from '@caremesh/product';

/** How one topic that is read stands. */
export type Subscription = ReturnType<RecordTransport['subscriptions']>[number];
/** What the thread of a lane tells of itself. */
export type FromLane = { kind: 'standing'; subscriptions: Subscription[] };

/** What it is told when it begins: which lane is its own, from 1. */
export type LaneData = { lane: number };

type Parts = {
  /** What this thread reads by. */
  transport: Pick<RecordTransport, 'subscriptions'>;
  /** How many threads read beside it. */
  beside: number;
  log: Pick<Logger, 'warn'>;
};

const SCRIPT = fileURLToPath(new URL('./lane-worker.js', import.meta.url));

/**
 * The lanes in which editions are read: that of this thread, and threads beside it, each a member of the same groups with a
 * database of its own, as another instance of the service would be. One thread rewrote with one core while
 * the database waited for it, and a quarter of both cores' time was idle (ADR 037).
 */
export class Lanes {
  readonly #parts: Parts;
  #threads: LaneThread[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts the threads, if they are not; the tables must be there. */
  start(): void {
    const { beside, log } = this.#parts;
    if (this.#threads.length > 0) return;
    this.#threads = Array.from({ length: beside }, (_, at) => new LaneThread(at + 1, log));
  }

  /** Resolves when each has settled the batch in its hands. */
  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  /** How everything stands that is read, by the last that each thread told. */
  subscriptions(): Subscription[] {
    const beside = this.#threads.flatMap(({ subscriptions }) => subscriptions);
    return [...this.#parts.transport.subscriptions(), ...beside];
  }
}

class LaneThread {
  readonly #thread: KeptThread<FromLane>;
  #told: Subscription[] = [];

  constructor(lane: number, log: Pick<Logger, 'warn'>) {
    this.#thread = new KeptThread<FromLane>({
      script: SCRIPT,
      workerData: { lane } satisfies LaneData,
      told: ({ subscriptions }) => (this.#told = subscriptions),
      failed: (err) => log.warn({ err }, 'The thread of a lane failed; starting another'),
      ended: () => (this.#told = []),
    });
  }

  get subscriptions(): readonly Subscription[] {
    return this.#told;
  }

  stop(): Promise<void> {
    return this.#thread.stop();
  }
}
