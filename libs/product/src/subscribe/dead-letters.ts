import { inTransaction } from '@caremesh/platform';
import type { Pool, PoolClient } from 'pg';

import { isTooLarge } from '../kafka/client.js';
import type { Letter, LetterSeal } from './letter.js';
import { pause } from './patience.js';

/** Sends letters to the dead letter topic, acknowledged by all replicas. Throws if the broker did not take them. */
export type LetterSender = (letters: readonly Letter[]) => Promise<void>;

const BATCH = 100;
/**
 * A broker takes 1 MiB as one batch unless told otherwise, and all letters go to one partition. Sealed, a letter is
 * a third longer than what is sent of it (base64), so this much sealed leaves room for headers.
 */
const BATCH_BYTES = 900_000;
// Letters are sent when one was written; this look is for those that a crash or an outage left behind.
const LOOK_EVERY_MS = 5_000;

/**
 * Sends the dead letters that were written with the list of refusals. A letter leaves after its refusal is
 * committed and its bytes are wiped from the database once the broker has it: at least once, and twice only if the
 * process dies between the two. A missing topic or a broker that is down holds up the letters, never the records.
 */
export class DeadLetters {
  readonly #pool: Pool;
  readonly #consumer: string;
  readonly #seal: LetterSeal;
  readonly #send: LetterSender;
  readonly #failed: (error: unknown) => void;
  /** Letters that the broker does not take, however often: they stay in the database and hold up no other. */
  readonly #tooLarge = new Set<string>();
  readonly #stopping = new AbortController();
  #woken = new AbortController();
  #running: Promise<void> | null = null;

  constructor(parts: {
    pool: Pool;
    consumer: string;
    seal: LetterSeal;
    send: LetterSender;
    failed: (error: unknown) => void;
  }) {
    this.#pool = parts.pool;
    this.#consumer = parts.consumer;
    this.#seal = parts.seal;
    this.#send = parts.send;
    this.#failed = parts.failed;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Says that a refusal was committed. */
  wake(): void {
    this.#woken.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Sends what waits, oldest first; returns how many. Two processes never send the same letter at once. */
  async sendWaiting(): Promise<number> {
    return inTransaction(this.#pool, async (client) => {
      const ids = await this.#waiting(client);
      if (ids.length > 0) await this.#sendThese(client, ids);
      return ids.length;
    });
  }

  /** The oldest letters that fit into one batch, and always one: a letter too long for company goes alone. */
  async #waiting(client: PoolClient): Promise<string[]> {
    const { rows } = await client.query<{ id: string; bytes: number }>(
      `SELECT id, octet_length(sealed) AS bytes FROM dead_letter
       WHERE sealed IS NOT NULL AND consumer = $1 AND id <> ALL($2::text[])
       ORDER BY position LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
      [this.#consumer, [...this.#tooLarge]],
    );
    let sum = 0;
    const fits = rows.filter(({ bytes }, i) => (sum += bytes) <= BATCH_BYTES || i === 0);
    return fits.map(({ id }) => id);
  }

  async #sendThese(client: PoolClient, ids: string[]): Promise<void> {
    const { rows } = await client.query<{ sealed: Buffer }>(
      `SELECT sealed FROM dead_letter WHERE id = ANY($1) ORDER BY position`,
      [ids],
    );
    try {
      await this.#send(rows.map(({ sealed }) => this.#seal.open(sealed)));
    } catch (error) {
      if (ids.length > 1 || !isTooLarge(error)) throw error;
      this.#tooLarge.add(ids[0]!);
      this.#failed(error);
      return;
    }
    await client.query(`UPDATE dead_letter SET sealed = NULL WHERE id = ANY($1)`, [ids]);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Made anew before the look, so that a refusal committed during it is not slept through.
      this.#woken = new AbortController();
      const sent = await this.sendWaiting().catch((error: unknown) => {
        this.#failed(error);
        return 0;
      });
      if (sent === 0) await pause(LOOK_EVERY_MS, AbortSignal.any([signal, this.#woken.signal]));
    }
  }
}
