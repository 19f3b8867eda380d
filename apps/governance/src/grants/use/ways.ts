import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { Store } from '../../database/store.js';
import { grantErrors } from '../../errors.js';
import { GrantEntity } from '../grant.entity.js';
import type { PORT_WAYS, UseBody } from './shapes.js';

/**
 * The ways out of a grant. `stream`: groups of its own; `service`: those of the domain whose service reads under it; the
 * others are ways of an output port.
 */
export type Way = 'stream' | 'service' | (typeof PORT_WAYS)[number];

/** A way as it was last used; `times` and `records` are null where they cannot be known. */
export type WayUsed = {
  way: Way;
  lastAt: string;
  times: number | null;
  records: number | null;
};

/** Every way of every grant, as a table of a statement: grant_id, topic, way, used_at, times, records. */
export const WAYS = `(SELECT grant_id, topic, 'stream' AS way, read_at AS used_at, NULL::bigint AS times, committed AS records
    FROM grant_reading UNION ALL SELECT grant_id, topic, way, used_at, times, records FROM grant_use)`;

/** Keeps what the output ports tell of how they are used. */
@Injectable()
export class PortUse {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Keeps numbers that only grow: told twice they change nothing, and a time to come is the present. Throws MESH-3501
   * for a grant there is not.
   */
  async told(id: string, { items }: UseBody): Promise<void> {
    const isKnown = await this.#store.reader.existsBy(GrantEntity, { id });
    if (!isKnown) throw problem(grantErrors.grantNotFound);
    await this.#store.reader.query(
      `INSERT INTO grant_use AS held (grant_id, topic, way, used_at, times, records)
       SELECT $1, t.topic, t.way, least(t.used_at, now()), t.times, t.records
         FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[]) AS t(topic, way, used_at, times, records)
       ON CONFLICT (grant_id, topic, way) DO UPDATE SET used_at = greatest(held.used_at, excluded.used_at),
         times = greatest(held.times, excluded.times), records = greatest(held.records, excluded.records)`,
      [
        id,
        items.map(({ topic }) => topic),
        items.map(({ way }) => way),
        items.map(({ lastAt }) => lastAt),
        items.map(({ times }) => times),
        items.map(({ records }) => records),
      ],
    );
  }
}
