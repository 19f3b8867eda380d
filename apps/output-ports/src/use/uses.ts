import type { Pool } from 'pg';

import type { Governance, ToldUse } from '../governance/governance.js';
import { MARKERS, markerOf } from './markers.js';

type Parts = { pool: Pool; governance: Pick<Governance, 'tellUse'> };
/** Of which view something was used. */
type Used = { grantId: string; topic: string };
type Row = Used & Omit<ToldUse, 'lastAt'> & { usedAt: Date };

/** Keeps how views are used, and tells governance. */
export class Uses {
  readonly #pool: Pool;
  readonly #governance: Parts['governance'];

  constructor({ pool, governance }: Parts) {
    this.#pool = pool;
    this.#governance = governance;
  }

  /** A file with so many records was given out. */
  async fetched({ grantId, topic }: Used, records: number): Promise<void> {
    await this.#note({ grantId, topic }, 'files', records);
  }

  /** A question was answered; numbers are no records. */
  async answered({ grantId, topic }: Used): Promise<void> {
    await this.#note({ grantId, topic }, 'aggregates', null);
  }

  /** One look: takes over what PostgreSQL counted, and tells what is new. Throws MESH-4501. */
  async look(): Promise<void> {
    await this.#takeOver();
    const untold = await this.#untold();
    for (const grantId of new Set(untold.map((one) => one.grantId))) {
      const own = untold.filter((one) => one.grantId === grantId);
      await this.#governance.tellUse(grantId, own.map(toldOf));
      for (const { topic, way, times } of own) {
        await this.#pool.query(
          'UPDATE grant_use SET told = $4 WHERE grant_id = $1 AND topic = $2 AND way = $3',
          [grantId, topic, way, times],
        );
      }
    }
  }

  async #note({ grantId, topic }: Used, way: ToldUse['way'], records: number | null) {
    await this.#pool.query(
      `INSERT INTO grant_use AS held (grant_id, topic, way, used_at, times, records) VALUES ($1, $2, $3, now(), 1, $4)
       ON CONFLICT (grant_id, topic, way) DO UPDATE SET used_at = excluded.used_at, times = held.times + 1,
         records = held.records + excluded.records`,
      [grantId, topic, way, records],
    );
  }

  /** A count that is lower than what was taken over began anew: PostgreSQL loses its counts when it crashes. */
  async #takeOver(): Promise<void> {
    const { rows: views } = await this.#pool.query<Used>(
      'SELECT grant_id AS "grantId", topic FROM port_view ORDER BY topic',
    );
    await this.#pool.query(
      `INSERT INTO grant_use AS held (grant_id, topic, way, used_at, times, seen)
       SELECT v.grant_id, v.topic, 'sql', s.last_seq_scan, s.seq_scan, s.seq_scan
         FROM unnest($1::text[], $2::text[], $3::text[]) AS v(grant_id, topic, marker)
         JOIN pg_stat_user_tables s ON s.schemaname = $4 AND s.relname = v.marker
        WHERE s.seq_scan > 0
       ON CONFLICT (grant_id, topic, way) DO UPDATE SET used_at = excluded.used_at, seen = excluded.seen,
         times = held.times + CASE WHEN excluded.seen < held.seen THEN excluded.seen ELSE excluded.seen - held.seen END
       WHERE excluded.seen <> held.seen`,
      [
        views.map(({ grantId }) => grantId),
        views.map(({ topic }) => topic),
        views.map(({ topic }) => markerOf(topic)),
        MARKERS,
      ],
    );
  }

  async #untold(): Promise<Row[]> {
    const { rows } = await this.#pool.query<
      Omit<Row, 'times' | 'records'> & { times: string; records: string | null }
    >(
      `SELECT grant_id AS "grantId", topic, way, used_at AS "usedAt", times, records FROM grant_use
       WHERE times <> told ORDER BY grant_id, topic, way`,
    );
    return rows.map(({ times, records, ...row }) => ({
      ...row,
      times: Number(times),
      records: records === null ? null : Number(records),
    }));
  }
}

const toldOf = ({ topic, way, usedAt, times, records }: Row): ToldUse => ({
  ...{ topic, way, times, records },
  lastAt: usedAt.toISOString(),
});
