import { inTransaction } from '@caremesh/platform';
import type { Pool } from 'pg';

import { doubtRecords, viewsOf } from './view-store.js';

/** How often it is noted that an edition is followed. */
const NOTED_EVERY_MS = 60_000;

/**
 * Whether somebody follows each edition all the time. That a record is over is told by a tombstone, which is kept for some days
 * after it was written: whoever was away for longer may never hear of it.
 */
export class Absence {
  readonly #pool: Pool;
  readonly #tooLongMs: number;
  readonly #noteEveryMs: number;
  #notedAt = -Infinity;

  /** @param tombstonesKeptMs how long at least, as the editions' topics are set */
  constructor(pool: Pool, tombstonesKeptMs: number, noteEveryMs = NOTED_EVERY_MS) {
    this.#pool = pool;
    this.#noteEveryMs = noteEveryMs;
    // Half of it: what lies there is read yet.
    this.#tooLongMs = tombstonesKeptMs / 2;
  }

  /**
   * To be asked before an edition is followed. Where nobody followed it for too long its views are filled again, and what it
   * says nothing of any more is over (`withdrawal/leftovers`).
   * @returns true if so
   */
  async heed(edition: string): Promise<boolean> {
    return inTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<{ away: boolean }>(
        `SELECT followed_at < now() - make_interval(secs => $2::float / 1000) AS away FROM edition WHERE topic = $1 FOR UPDATE`,
        [edition, this.#tooLongMs],
      );
      await client.query(`UPDATE edition SET followed_at = now() WHERE topic = $1`, [edition]);
      if (!rows[0]?.away) return false;
      const views = (await viewsOf(client, edition)).map(({ id }) => id);
      for (const id of views) await doubtRecords(client, id);
      await client.query(`UPDATE view_terms SET refill = true WHERE view_id = ANY($1)`, [views]);
      return true;
    });
  }

  /** Once a minute: the editions that `read` names are followed, and read to where they ended when that began. Throws as it does. */
  async note(read: () => Promise<readonly string[]>): Promise<void> {
    if (performance.now() - this.#notedAt < this.#noteEveryMs) return;
    await this.#pool.query(`UPDATE edition SET followed_at = now() WHERE topic = ANY($1)`, [
      await read(),
    ]);
    this.#notedAt = performance.now();
  }
}
