import { Worker } from 'node:worker_threads';

/** How long after one has died the next is started, in ms. */
const AGAIN_AFTER_MS = 1_000;

/** What a thread tells last, when it was asked to stop and has. */
export const STOPPED = { kind: 'stopped' } as const;
/** What it is asked by. */
const STOP = 'stop';

type Parts<Told> = {
  /** Path of the program that it runs. */
  script: string;
  /** Plain values, because they cross to it. */
  workerData?: unknown;
  /** Hears what it tells. */
  told: (message: Told) => void;
  /** It died of this; another is started. */
  failed: (error: Error) => void;
  /** One is over, by itself or because it was stopped. */
  ended?: () => void;
};

/** A thread that goes on until it is stopped: one that dies is started again. */
export class KeptThread<Told extends { kind: string }> {
  readonly #parts: Parts<Told>;
  #worker: Worker;
  #stopping = false;

  constructor(parts: Parts<Told>) {
    this.#parts = parts;
    this.#worker = this.#begin();
  }

  /** Asks it to stop; resolves when it has. */
  async stop(): Promise<void> {
    this.#stopping = true;
    // A thread that has just failed and was to be started again is not there any more.
    if (this.#worker.threadId === -1) return;
    const stopped = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.postMessage(STOP);
    await stopped;
  }

  #begin(): Worker {
    const { script, workerData, told, failed, ended } = this.#parts;
    const worker = new Worker(script, { workerData });
    worker.on('message', (message: Told | typeof STOPPED) => {
      if (message.kind === STOPPED.kind) void worker.terminate();
      else told(message as Told);
    });
    worker.on('error', (error) => failed(error instanceof Error ? error : new Error('unknown')));
    worker.on('exit', () => {
      ended?.();
      if (!this.#stopping) setTimeout(() => this.#beginAgain(), AGAIN_AFTER_MS).unref();
    });
    return worker;
  }

  #beginAgain(): void {
    if (!this.#stopping) this.#worker = this.#begin();
  }
}
