import { setTimeout as sleep } from 'node:timers/promises';

import { platformErrors } from '../errors.js';
import { problem } from '../faults/problem.js';
import { AnsweredOtherwise, NoGoodAnswer } from '../peer/no-good-answer.js';
import type { Peer } from '../peer/peer.js';

/** Something a service writes to the mesh's ledger about itself. */
export type LedgerNote = { action: string; object: string; detail: Record<string, unknown> };

/** Writes an entry, or rejects if it is not known to be written. */
export type LedgerWriter = (note: LedgerNote) => Promise<void>;

type Count = { code: string; client: string | null; count: number; from: string };

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
const MOST_KINDS = 200;

/**
 * Sign-ins that were refused, as entries of the ledger: how many, when, under which code; never whose token, name
 * or address. They are counted and written every second, while they go on ever less often up to once a minute,
 * so that whoever guesses cannot fill the ledger. What could not be written is kept and tried again.
 */
export class RefusedSignIns {
  readonly #object: string;
  readonly #stopping = new AbortController();
  #counts = new Map<string, Count>();
  #write: LedgerWriter | undefined;
  #running: Promise<void> | undefined;

  /** `service` is whose edge refuses. */
  constructor(service: string) {
    this.#object = `service:${service}`;
  }

  /** From now on what was counted is written. */
  start(write: LedgerWriter): void {
    this.#write = write;
    this.#running ??= this.#repeat();
  }

  /** One more; `client` only if it is a machine client that is known. Of too many kinds the rest counts as one. */
  count(code: string, client: string | null = null): void {
    const isNew = !this.#counts.has(keyOf(code, client));
    const known = isNew && this.#counts.size >= MOST_KINDS ? null : client;
    const key = keyOf(code, known);
    const held = this.#counts.get(key);
    if (held) held.count += 1;
    else this.#counts.set(key, { code, client: known, count: 1, from: new Date().toISOString() });
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.flush();
  }

  /** Writes what was counted. Answers whether there was anything; what cannot be written counts on. */
  async flush(): Promise<boolean> {
    const counts = this.#counts;
    this.#counts = new Map();
    for (const [key, count] of counts) {
      await this.#one(count).catch(() => this.#keep(key, count));
    }
    return counts.size > 0;
  }

  async #one({ client, ...what }: Count): Promise<void> {
    const detail = { ...what, until: new Date().toISOString(), ...(client ? { client } : {}) };
    await this.#write?.({ action: 'sign-in.refused', object: this.#object, detail });
  }

  #keep(key: string, count: Count): void {
    const since = this.#counts.get(key)?.count ?? 0;
    this.#counts.set(key, { ...count, count: count.count + since });
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stopping;
    for (let pause = FIRST_MS; !signal.aborted;) {
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const any = await this.flush();
      pause = any ? Math.min(LONGEST_MS, 2 * pause) : FIRST_MS;
    }
  }
}

/**
 * Writes through governance's API, with a token of the service's own. Throws MESH-5101 where the ledger cannot be written now: what is to be
 * on it is not done then, and may be asked for again.
 */
export function ledgerAt(governance: Peer): LedgerWriter {
  return (note) =>
    governance.ask('/v1/ledger', { json: note }).catch((cause: unknown) => {
      const isItsOwn = cause instanceof AnsweredOtherwise && cause.status < 500;
      if (isItsOwn || !(cause instanceof NoGoodAnswer)) throw cause;
      throw problem(platformErrors.notReady, `The ledger: ${cause.why}`, [], cause);
    });
}

function keyOf(code: string, client: string | null): string {
  return `${code} ${client ?? ''}`;
}
