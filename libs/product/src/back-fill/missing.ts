import type { Statement } from '@caremesh/platform';
import type { Pool } from 'pg';

import { plainArray } from '../outbox/arrays.js';
import type { RunningProduct } from '../intake/prepare.js';
import { heldAs, heldRecord } from '../state/model.js';
import type { HeldRecord } from '../state/model.js';

/** Records of one transaction. */
export const PAGE = 500;

/** An earlier major, and the one that is filled from it. */
export type Pair = { from: RunningProduct; to: RunningProduct };

/** What a record's name in a major ends with. */
const endingOf = ({ live }: RunningProduct): string => heldRecord('', live);

/**
 * The next records that the earlier major holds and the newer does not, by name after `last`; those that were taken back too,
 * and those whose retention is over: what comes late must find that. By the primary key on both sides.
 */
export async function missing(pool: Pool, { from, to }: Pair, last: string): Promise<HeldRecord[]> {
  const { rows } = await pool.query<Omit<HeldRecord, 'at'> & { at: string | null }>(
    `SELECT a.record, a.person, a.at, a.schema_id AS "schemaId", a.content, a.retracted, a.closed,
            a.kept_from IS NULL AS expired FROM record a
      WHERE a.product = $1 AND a.record > $2
        AND NOT EXISTS (SELECT FROM record b WHERE b.record = left(a.record, 26) || $3)
      ORDER BY a.record LIMIT ${PAGE}`,
    [heldAs(from.live), last, endingOf(to)],
  );
  return rows.map((row) => ({ ...row, at: row.at === null ? null : Number(row.at) }));
}

/** A record that was filled in is kept from its last change on, not from today. */
export function keptAsLong(records: readonly string[], { from }: Pair): Statement {
  return {
    name: 'back-fill-kept',
    text: `UPDATE record b SET kept_from = a.kept_from FROM record a
            WHERE b.record = ANY($1::text[]) AND b.revision <= 1 AND a.record = left(b.record, 26) || $2`,
    values: [plainArray([...records]), endingOf(from)],
  };
}

/** Whose own identifier a record has is known of the newer major too: a later message may state the identifier alone. */
export async function copyKeepers(pool: Pool, { from, to }: Pair): Promise<void> {
  await pool.query(
    `INSERT INTO record_keeper (id, record, keeper)
     SELECT left(k.id, 26) || $2, left(k.record, 26) || $2, k.keeper
       FROM record r JOIN record_keeper k ON k.record = r.record WHERE r.product = $1
     ON CONFLICT DO NOTHING`,
    [heldAs(from.live), endingOf(to)],
  );
}
