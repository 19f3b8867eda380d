import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LIVE_STATES, isOneOf } from '../grants/lifecycle.js';
import { WAYS } from '../grants/use/ways.js';
import type { MajorConsumer } from './rules.js';

type Row = Omit<MajorConsumer, 'lastReadAt'> & { lastReadAt: Date | null };

/** Who may read a major now, with the time at which they were last seen to, by whichever way. */
@Injectable()
export class Consumers {
  /** One statement by the index on product and major, whatever the number of grants. */
  async of(em: EntityManager, product: string, major: number): Promise<MajorConsumer[]> {
    const rows = await em.query<Row[]>(
      `SELECT g.id AS "grant", g.organisation, g.purpose, g.requested_by AS "requestedBy", g.state, p.topic,
              r.used_at AS "lastReadAt"
         FROM grant_product p
         JOIN access_grant g ON g.id = p.grant_id
         CROSS JOIN LATERAL (SELECT max(w.used_at) AS used_at FROM ${WAYS} w
            WHERE w.grant_id = p.grant_id AND w.topic = p.topic) r
        WHERE p.product = $1 AND p.major = $2 AND ${isOneOf('g.state', LIVE_STATES)}
        ORDER BY g.organisation, g.id`,
      [product, major],
    );
    return rows.map((row) => ({ ...row, lastReadAt: row.lastReadAt?.toISOString() ?? null }));
  }
}
