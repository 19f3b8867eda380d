import { setTimeout as sleep } from 'node:timers/promises';

import { momentBefore } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import { eachAlone, inTransaction } from '@caremesh/platform';
import type { Pool, QueryResultRow } from 'pg';

import type { Committer } from '../intake/committer.js';
import { newId, newTraceparent } from '../intake/ids.js';
import type { Submissions } from '../intake/submissions.js';
import type { QuarantineStore } from '../quarantine/store.js';
import { heldAs } from '../state/model.js';
import type { KeyedExpire, LiveProduct } from '../state/model.js';
import { landedBefore, partsBefore } from './ends.js';
import type { Holds } from './holds.js';

/** Records of one transaction. */
const AT_ONCE = 500;

/** A product whose records are kept; `live` once it may be published, and until it is retired. */
export type KeptProduct = { contract: DataContract; live: LiveProduct | null; retired: boolean };

type Parts = {
  pool: Pool;
  holds: Pick<Holds, 'stands'>;
  products: () => KeptProduct[];
  /** Parts of joined sources whose rows belong to a root, and stay for as long as it does. */
  belowRoots: readonly string[];
  committer: Committer;
  submissions: Submissions;
  quarantine: QuarantineStore;
  everyMs: number;
  log: { warn(detail: object, message: string): void; info(detail: object, message: string): void };
};

/** Ends what has been kept for as long as was promised, again and again until `signal`. */
export async function keepRetention(parts: Parts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await sweep(parts);
    } catch (error) {
      const code = String((error as { code?: unknown } | null)?.code ?? 'unknown');
      parts.log.warn({ code }, 'Retention could not be kept now; trying later');
    }
    await sleep(parts.everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function sweep(parts: Parts): Promise<void> {
  const now = new Date();
  const products = await Promise.all(
    parts.products().map(async (one) => ({
      ...one,
      held: await parts.holds.stands(one.contract.product),
    })),
  );
  await eachAlone(products, async ({ contract, live, retired, held }) => {
    const before = momentBefore(now, contract.retention.records);
    if (live && !held) await endRecords(parts, live, before);
    else if (retired && !held) await dropRecords(parts, contract, before);
  });
  await forget(parts, landedBefore(products, now));
  await forgetParts(parts, partsBefore(products, now));
}

async function endRecords(parts: Parts, live: LiveProduct, before: Date): Promise<void> {
  let ended = 0;
  for (;;) {
    const rows = await byTime<{ record: string; revision: number }>(
      parts.pool,
      `SELECT record, revision FROM record WHERE product = $1 AND kept_from < $2 LIMIT $3`,
      [heldAs(live), before, AT_ONCE],
    );
    const left = rows.length > 0 ? await endTogether(parts, live, rows) : 0;
    ended += rows.length - left;
    // What cannot be ended now would be found again at once.
    if (rows.length < AT_ONCE || left > 0) break;
  }
  if (ended > 0) parts.log.info({ product: live.id, ended }, 'Records reached their retention');
}

/** How many of the records could not be ended. Where one keeps the others from it they are ended one by one. */
async function endTogether(
  { committer, log }: Parts,
  live: LiveProduct,
  rows: readonly { record: string; revision: number }[],
): Promise<number> {
  const failed = async (some: typeof rows) =>
    (await committer.commit({ items: [endOf(live, some)] })).some(
      ({ outcome }) => outcome === 'quarantined',
    );
  if (!(await failed(rows))) return 0;
  let left = 0;
  for (const row of rows) if (await failed([row])) left += 1;
  if (left > 0) log.warn({ product: live.id, left }, 'Records cannot be ended now');
  return left;
}

/** Of a retired major nothing is published any more, the end of a record neither: what was held of it goes. */
async function dropRecords({ pool, log }: Parts, contract: DataContract, before: Date) {
  const product = heldAs({ id: contract.product, major: contract.major });
  let dropped = 0;
  for (;;) {
    const rows = await byTime(
      pool,
      `DELETE FROM record WHERE record IN (
         SELECT record FROM record WHERE product = $1 AND kept_from < $2 LIMIT $3) RETURNING 1`,
      [product, before, AT_ONCE],
    );
    dropped += rows.length;
    if (rows.length < AT_ONCE) break;
  }
  if (dropped === 0) return;
  await pool.query(
    `DELETE FROM told_merge m WHERE product = $1
       AND NOT EXISTS (SELECT FROM record r WHERE r.person = m.survivor AND r.product = $1)`,
    [product],
  );
  log.info({ product, dropped }, 'Records of a retired major reached their retention');
}

/** All of them as one item: nothing was received, so there is nothing to land or to keep. */
export function endOf(product: LiveProduct, rows: readonly { record: string; revision: number }[]) {
  const traceparent = newTraceparent();
  const head = { change: 'expire' as const, product, publisherOds: '', at: null, traceparent };
  const changes: KeyedExpire[] = rows.map((row) => ({ ...head, ...row }));
  return {
    ...{ index: 0, sourceId: null, publisherOds: null, raw: Buffer.alloc(0), preamble: '' },
    arrival: { source: 'retention', contentType: '', traceparent, receipt: newId() },
    ...{ part: null, landing: null, changes, refusal: null, notUsed: null },
  };
}

async function forget({ pool, submissions, quarantine }: Parts, before: Date): Promise<void> {
  await byTime(pool, `DELETE FROM payload WHERE received_at < $1`, [before]);
  await byTime(pool, `DELETE FROM landed WHERE received_at < $1`, [before]);
  await pool.query(`DELETE FROM submission WHERE state <> 'waiting' AND received_at < $1`, [
    before,
  ]);
  await submissions.dropOrphans();
  await quarantine.forget(before);
}

/**
 * What belongs to a root is part of its record: it goes with the root, however often it was stated. A row that others belong to stays for
 * as long as they do, and they for as long as theirs: the last of a chain go first, until none is left to go.
 */
async function forgetParts({ pool, belowRoots }: Parts, before: Date | null): Promise<void> {
  if (before === null) return;
  let left: number;
  do {
    left = await inTransaction(pool, async (client) => {
      await client.query(BY_TIME);
      await client.query(
        `WITH ended AS (
           SELECT key FROM part_row r WHERE r.kept_from < $1 AND ${UNMARKED} FOR UPDATE)
         DELETE FROM part_row c USING ended WHERE c.parent = ended.key AND c.part = ANY($2)`,
        [before, belowRoots],
      );
      const { rowCount } = await client.query(
        `DELETE FROM part_row r WHERE r.kept_from < $1 AND ${UNMARKED}
           AND NOT EXISTS (SELECT FROM part_row c WHERE c.parent = r.key)
           AND NOT (r.part = ANY($2) AND EXISTS (SELECT FROM part_row root WHERE root.key = r.parent))`,
        [before, belowRoots],
      );
      return rowCount ?? 0;
    });
  } while (left > 0);
}

/** Not about to be mapped again. */
const UNMARKED = 'NOT EXISTS (SELECT FROM part_mark m WHERE m.key = r.key)';

const BY_TIME = 'SET LOCAL enable_bitmapscan = on; SET LOCAL plan_cache_mode = auto';

/**
 * A statement that looks for what is old, by the index of times (BRIN), which is read as a bitmap. The domain's connections are told not
 * to (`BY_KEY`): each hour all that was ever landed was read, 7 s for a gigabyte.
 */
async function byTime<R extends QueryResultRow>(
  pool: Pool,
  text: string,
  values: readonly unknown[],
): Promise<R[]> {
  return inTransaction(pool, async (client) => {
    await client.query(BY_TIME);
    const { rows } = await client.query<R>(text, [...values]);
    return rows;
  });
}
