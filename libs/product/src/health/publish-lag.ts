import type { Pool } from 'pg';

import { SHARDS } from '../outbox/doorbell.js';

/** The last position of each shard, as it was at a moment. */
type Sample = { at: number; last: number[] };

const MOST_SAMPLES = 1_000;

/** For how long something committed has waited to be published: looked at now and then, so to within that time. */
export class PublishLag {
  readonly #pool: Pool;
  #samples: Sample[] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Milliseconds; 0 when nothing waits. */
  async look(): Promise<number> {
    const { rows } = await this.#pool.query<{ last: string; sent: string }>(
      `SELECT coalesce((SELECT o.pos FROM outbox o WHERE o.shard = s.shard ORDER BY o.pos DESC LIMIT 1), 0) AS last,
              coalesce((SELECT c.pos FROM outbox_cursor c WHERE c.shard = s.shard), 0) AS sent
         FROM generate_series(0, ${SHARDS - 1}) AS s(shard) ORDER BY s.shard`,
    );
    const now = Date.now();
    const last = rows.map((row) => Number(row.last));
    const sent = rows.map((row) => Number(row.sent));
    const waiting = [...this.#samples, { at: now, last }].filter((one) => isBehind(one, sent));
    // When there is no end to it, the oldest are what matters.
    this.#samples = waiting.slice(0, MOST_SAMPLES);
    return lagAfter(this.#samples, sent, now);
  }
}

/** How long ago the first sample was taken whose positions have not all been sent. Pure. */
export function lagAfter(samples: readonly Sample[], sent: readonly number[], now: number): number {
  const oldest = samples.find((one) => isBehind(one, sent));
  return oldest ? now - oldest.at : 0;
}

function isBehind({ last }: Sample, sent: readonly number[]): boolean {
  return last.some((position, shard) => position > (sent[shard] ?? 0));
}
