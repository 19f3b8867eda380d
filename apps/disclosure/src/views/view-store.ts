import type { Purpose } from '@caremesh/contract';
import { inTransaction } from '@caremesh/platform';
import type { ClientBase, Pool } from 'pg';

import { keepTerms, optOutRule, refreshTerms } from '../choices/terms.js';
import type { GrantedView } from '../grants/governance.js';
import type { OptOutRule } from '../keys/pseudonym-keys.js';
import type { Part } from '../part.js';
import type { ViewPlan } from './plan.js';

/** A view as it stands in the database. */
export type View = {
  id: number;
  topic: string;
  edition: string;
  grantId: string;
  product: string;
  major: number;
  organisation: string;
  purpose: Purpose;
  schemaId: number;
  active: boolean;
  /** Which codes were left out as it was written, see `ViewPlan`. */
  codes: string;
  /** Of the recipient's pseudonym key; and the rule of the opt-out that the key is for, as the view began, which it keeps. */
  keyGeneration: number;
  keyOptOut: OptOutRule;
  /** Counts how often the view was begun: each has its backfill. */
  generation: number;
  /** Names this database among the readers of the edition, in its consumer groups. */
  reader: string;
};

/** Per partition, from which offset on and below which one a view still has to be filled; `from` names the filled ones too. */
export type Backfill = { view: View; from: Map<number, bigint>; until: Map<number, bigint> };

const COLUMNS = `id, topic, edition, grant_id AS "grantId", product, major, organisation, purpose,
  schema_id AS "schemaId", active, generation, codes, key_generation AS "keyGeneration", key_opt_out AS "keyOptOut",
  (SELECT reader FROM edition e WHERE e.topic = view.edition) AS reader`;

/** Views, how far their editions were read, and what is still to be filled. */
export class ViewStore {
  readonly #pool: Pool;
  readonly #editionOf: Part['editionOf'];

  constructor(pool: Pool, editionOf: Part['editionOf']) {
    this.#pool = pool;
    this.#editionOf = editionOf;
  }

  /** What a view of this grant is made from. */
  editionOf({ product, major }: Pick<GrantedView, 'product' | 'major'>): string {
    return this.#editionOf(product, major);
  }

  /** How far an edition was read. */
  async progressOf(edition: string): Promise<Map<number, bigint>> {
    const { rows } = await this.#pool.query<{ partition: number; next: string }>(
      `SELECT partition, next_offset AS next FROM edition_progress WHERE topic = $1`,
      [edition],
    );
    return new Map(rows.map(({ partition, next }) => [partition, BigInt(next)]));
  }

  /** All views ever begun. */
  async all(): Promise<View[]> {
    const { rows } = await this.#pool.query<View>(`SELECT ${COLUMNS} FROM view ORDER BY id`);
    return rows;
  }

  /**
   * Begins a view, or begins it again after it was ended. The edition's row is locked against the batches under way, so
   * the offsets written down are exactly where the next batch, which will know the view, takes up. One begun again stays
   * under the list of `codes` that it was written under: what it has must be told again under another (`heed`). Where no view
   * of the edition is active, it is followed anew from `ends` on, so that all before them is filled.
   */
  async begin(
    granted: GrantedView,
    codes: string,
    ends: ReadonlyMap<number, bigint> | null = null,
  ): Promise<void> {
    const edition = this.editionOf(granted);
    await inTransaction(this.#pool, async (client) => {
      await client.query(`INSERT INTO edition (topic) VALUES ($1) ON CONFLICT DO NOTHING`, [
        edition,
      ]);
      await client.query(`SELECT FROM edition WHERE topic = $1 FOR UPDATE`, [edition]);
      if (await isBegun(client, granted)) return;
      if (ends !== null) await followAnew(client, edition, ends);
      const isAgain = await hasEnded(client, granted);
      const id = await upsertView(client, granted, edition, codes);
      if (isAgain) await doubtRecords(client, id);
      await keepTerms(client, id, granted);
      await fillFrom(client, id, edition, 'beginning');
    });
  }

  /**
   * Fills views again that held back what they may disclose now: a new generation of the same view, from the beginning or
   * from where something waits, up to where the next batch takes up. Not while a view is still being filled: that one would
   * begin anew for ever, and what the former filling had not read by then would be lost. Asked again under the lock, since
   * another instance may have begun one.
   */
  async refill(): Promise<View[]> {
    const { rows } = await this.#pool.query<View>(
      `SELECT ${COLUMNS} FROM view JOIN view_terms t ON t.view_id = view.id
       WHERE active AND ${REFILL_IS_DUE} ORDER BY id`,
    );
    for (const { id, edition } of rows) {
      await inTransaction(this.#pool, async (client) => {
        await client.query(`SELECT FROM edition WHERE topic = $1 FOR UPDATE`, [edition]);
        const due = await client.query<{ refill: boolean }>(
          `SELECT refill FROM view_terms t WHERE view_id = $1 AND ${REFILL_IS_DUE} FOR UPDATE`,
          [id],
        );
        if (due.rowCount === 0) return;
        await client.query(
          `UPDATE view_terms SET refill = false, catch_up = false, holds_back = holds_back AND NOT refill
           WHERE view_id = $1`,
          [id],
        );
        await client.query(`UPDATE view SET generation = generation + 1 WHERE id = $1`, [id]);
        await fillFrom(client, id, edition, due.rows[0]!.refill ? 'beginning' : 'waiting');
      });
    }
    return rows;
  }

  /**
   * Has a view written under another list of codes from the next batch on. Whatever it has is told again: each record counts as
   * one revision short, and as told by one more than it was, so that it is news, and whatever ends it meanwhile still comes
   * after what its recipient has.
   */
  async heed(view: View, { codes }: Pick<ViewPlan, 'codes'>) {
    await inTransaction(this.#pool, async (client) => {
      await client.query(`SELECT FROM edition WHERE topic = $1 FOR UPDATE`, [view.edition]);
      const { rowCount } = await client.query(
        `UPDATE view SET codes = $2 WHERE id = $1 AND codes = $3`,
        [view.id, codes, view.codes],
      );
      // Another instance was first.
      if (rowCount === 0) return;
      await client.query(
        `UPDATE view_record SET revision = revision - 1, shift = shift + 2 WHERE view_id = $1 AND live`,
        [view.id],
      );
      await client.query(`UPDATE view_terms SET refill = true WHERE view_id = $1`, [view.id]);
    });
  }

  /** What was decided of the grants of views that go on. */
  async refreshTerms(granted: readonly GrantedView[]): Promise<void> {
    await refreshTerms(this.#pool, granted);
  }

  /** Ends a view: from the next batch on nothing is written to it. */
  async end(id: number): Promise<void> {
    await endView(this.#pool, id);
  }

  /** Active views of an organisation that the national data opt-out applies to. */
  async boundOf(organisation: string): Promise<View[]> {
    const { rows } = await this.#pool.query<View>(
      `SELECT ${COLUMNS} FROM view JOIN view_terms t ON t.view_id = view.id
       WHERE active AND t.opt_out AND organisation = $1 ORDER BY id`,
      [organisation],
    );
    return rows;
  }

  /** Active views, filled, with records of which their edition has not said since they began again that they are there. */
  async unsure(): Promise<View[]> {
    const { rows } = await this.#pool.query<View>(
      `SELECT ${COLUMNS} FROM view WHERE active AND EXISTS (SELECT FROM view_record WHERE view_id = view.id AND unsure)
         AND ${IS_FILLED} ORDER BY id`,
    );
    return rows;
  }

  /** Active views that are not yet filled. */
  async unfilled(): Promise<Backfill[]> {
    const { rows } = await this.#pool.query<View & { parts: BackfillRow[] }>(
      `SELECT ${COLUMNS}, parts FROM view JOIN LATERAL (
         SELECT json_agg(json_build_object('partition', partition, 'from', from_offset::text, 'until', until_offset::text,
           'done', done)) AS parts FROM view_backfill WHERE view_id = view.id HAVING NOT bool_and(done)) AS missing ON true
       WHERE active ORDER BY id`,
    );
    return rows.map(({ parts, ...view }) => ({
      view,
      from: new Map(parts.map(({ partition, from }) => [partition, BigInt(from)])),
      until: new Map(
        parts.filter(({ done }) => !done).map(({ partition, until }) => [partition, BigInt(until)]),
      ),
    }));
  }

  /** Says that a view is filled in these partitions. */
  async filled(id: number, partitions: readonly number[]): Promise<void> {
    await this.#pool.query(
      `UPDATE view_backfill SET done = true WHERE view_id = $1 AND partition = ANY($2)`,
      [id, partitions],
    );
  }
}

type BackfillRow = { partition: number; from: string; until: string; done: boolean };

/** Of `view`: nothing is being filled, nor to be. */
const IS_FILLED = `NOT EXISTS (SELECT FROM view_backfill b WHERE b.view_id = view.id AND NOT b.done)
  AND NOT EXISTS (SELECT FROM view_terms t WHERE t.view_id = view.id AND (t.refill OR t.catch_up))`;

/** Of `view_terms t`: something is to be filled, and nothing is being filled. */
const REFILL_IS_DUE = `(t.refill OR t.catch_up) AND NOT EXISTS
  (SELECT FROM view_backfill b WHERE b.view_id = t.view_id AND NOT b.done)`;

/**
 * Writes down what of an edition is read again for a view. What waited is forgotten by that: it lies in what is read, and
 * whatever waits still is noted again. A partition where nothing waits is filled as it is.
 */
async function fillFrom(
  client: ClientBase,
  id: number,
  edition: string,
  where: 'beginning' | 'waiting',
): Promise<void> {
  await client.query(`DELETE FROM view_backfill WHERE view_id = $1`, [id]);
  await client.query(
    `WITH waited AS (DELETE FROM view_waiting WHERE view_id = $1 RETURNING partition, from_offset),
       filling AS (SELECT partition, next_offset,
         CASE WHEN $3 THEN 0 ELSE coalesce(from_offset, next_offset) END AS from_offset
         FROM edition_progress LEFT JOIN waited USING (partition) WHERE topic = $2 AND next_offset > 0)
     INSERT INTO view_backfill (view_id, partition, from_offset, until_offset, done)
     SELECT $1, partition, from_offset, next_offset, from_offset >= next_offset FROM filling`,
    [id, edition, where === 'beginning'],
  );
}

/** By another consumer group: the one before stands where it stopped when the last view ended, perhaps long ago. */
async function followAnew(
  client: ClientBase,
  edition: string,
  ends: ReadonlyMap<number, bigint>,
): Promise<void> {
  const { rowCount } = await client.query(
    `UPDATE edition SET reader = substr(md5(gen_random_uuid()::text), 1, 8)
     WHERE topic = $1 AND NOT EXISTS (SELECT FROM view WHERE edition = $1 AND active)`,
    [edition],
  );
  if (rowCount === 1) await advance(client, edition, ends);
}

/** Of two instances that see a grant at once, the first begins the view; begun again, it would be filled twice. */
async function isBegun(
  client: ClientBase,
  { topic, schemaId }: Pick<GrantedView, 'topic' | 'schemaId'>,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM view WHERE topic = $1 AND active AND schema_id = $2`,
    [topic, schemaId],
  );
  return rowCount === 1;
}

async function hasEnded(client: ClientBase, { topic }: GrantedView): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT FROM view WHERE topic = $1 AND NOT active`, [
    topic,
  ]);
  return rowCount === 1;
}

/** What a view has that begins again is to be said again by its edition (`withdrawal/leftovers`). */
export async function doubtRecords(client: ClientBase, id: number): Promise<void> {
  await client.query(
    `UPDATE view_record SET unsure = true WHERE view_id = $1 AND live AND NOT unsure`,
    [id],
  );
}

async function upsertView(
  client: ClientBase,
  granted: GrantedView,
  edition: string,
  codes: string,
): Promise<number> {
  const { topic, grantId, product, major, recipient, schemaId, keyGeneration = 1 } = granted;
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO view (topic, edition, grant_id, product, major, organisation, purpose, schema_id, active,
       key_generation, codes, key_opt_out)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, true, $9, $10, $11)
     ON CONFLICT (topic) DO UPDATE SET active = true, schema_id = excluded.schema_id, since = now(),
       generation = view.generation + 1
     RETURNING id`,
    [
      ...[topic, edition, grantId, product, major, recipient.organisation, recipient.purpose],
      ...[schemaId, keyGeneration, codes, optOutRule(granted)],
    ],
  );
  return rows[0]!.id;
}

/** Whether a view is written and filled; it is begun no other time until the transaction ends. */
export async function fullyFilled(client: ClientBase, id: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM view WHERE id = $1 AND active AND ${IS_FILLED} FOR SHARE`,
    [id],
  );
  return rowCount === 1;
}

/** Ends a view within whatever is under way. */
export async function endView(client: Pick<ClientBase, 'query'>, id: number): Promise<void> {
  await client.query(`UPDATE view SET active = false WHERE id = $1`, [id]);
}

/** Views to be written by the transaction at hand. It keeps new ones from being begun until it has committed. */
export async function viewsOf(client: ClientBase, edition: string): Promise<View[]> {
  await client.query(`SELECT FROM edition WHERE topic = $1 FOR SHARE`, [edition]);
  const { rows } = await client.query<View>(
    `SELECT ${COLUMNS} FROM view WHERE edition = $1 AND active ORDER BY id`,
    [edition],
  );
  return rows;
}

/** One view, if it is still to be written. Under which list of codes stays as it is until the transaction ends. */
export async function activeView(client: ClientBase, topic: string): Promise<View | null> {
  const { rows } = await client.query<View>(
    `SELECT ${COLUMNS} FROM view WHERE topic = $1 AND active FOR SHARE`,
    [topic],
  );
  return rows[0] ?? null;
}

/** Writes down, in the transaction of a batch, how far its edition was read. */
export async function advance(
  client: ClientBase,
  edition: string,
  next: ReadonlyMap<number, bigint>,
): Promise<void> {
  const partitions = [...next.keys()].sort((a, b) => a - b);
  await client.query(
    `INSERT INTO edition_progress (topic, partition, next_offset)
     SELECT $1, * FROM unnest($2::int[], $3::bigint[])
     ON CONFLICT (topic, partition) DO UPDATE
     SET next_offset = greatest(edition_progress.next_offset, excluded.next_offset)`,
    [edition, partitions, partitions.map((partition) => String(next.get(partition)))],
  );
}
