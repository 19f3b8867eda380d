import { inTransaction, platformErrors, problem } from '@caremesh/platform';
import type { Pool } from 'pg';

import { ProductError } from '../errors.js';
import type { Fault } from '../errors.js';
import type { Seal } from '../sealing/seal.js';
import { causeCode } from './cause.js';
import { movesBy } from './lifecycle.js';
import type { QuarantineEvent, QuarantineState } from './lifecycle.js';
import { publisherOf } from './origin.js';
import { quarantineStatement, sealPurpose } from './statements.js';
import type { QuarantineEntry } from './statements.js';

type Queryable = Pick<Pool, 'query'>;

/** A quarantined item as it is shown: never its payload. */
export type QuarantineItem = {
  id: string;
  product: string;
  source: string;
  sourceId: string | null;
  publisherOds: string | null;
  /** Domain whose topic a record was read from; null for an item of the service's own sources. */
  publisher: string | null;
  receivedAt: string;
  step: string;
  errors: Fault[];
  state: QuarantineState;
  sha256: string;
  bytes: number;
  origin: { topic: string; partition: number; offset: number } | null;
};
/** What is looked for; `cause` is a fault's code or its name. */
export type QuarantineQuery = {
  cause?: string;
  publisher?: string;
  source?: string;
  state?: string;
  from?: string;
  to?: string;
  ids?: readonly string[];
  /** Where the last page ended. */
  after?: string;
  limit?: number;
};

type Row = {
  id: string;
  product: string;
  source: string;
  source_id: string | null;
  publisher_ods: string | null;
  received_at: Date;
  step: string;
  errors: Fault[];
  state: QuarantineState;
  sha256: string;
  bytes: number;
  content_type: string | null;
  part: string | null;
  landing: Buffer | null;
  origin_topic: string | null;
  origin_partition: number | null;
  origin_offset: string | null;
  sealed: Buffer | null;
};
/** An item with what is needed to take it in again. */
export type Replayable = {
  item: QuarantineItem;
  payload: Buffer;
  contentType: string;
  part: string | null;
  landing: Buffer | null;
};

const PAGE = 100;

/** Refused items and records of one service, payloads sealed with its key. */
export class QuarantineStore {
  // One after the other: while the ledger is waited for, all of them together hold one connection.
  #discarding: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Pool,
    private readonly seal: Seal,
  ) {}

  /** Adds entries, in the caller's transaction if one is given. One already there stays as it is. */
  async add(
    entries: readonly QuarantineEntry[],
    transaction: Queryable = this.database,
  ): Promise<void> {
    if (entries.length > 0) await transaction.query(quarantineStatement(entries, this.seal));
  }

  /** A page of items, oldest first. Throws MESH-5130 for a cursor that is none of this list. */
  async list(query: QuarantineQuery): Promise<{ items: QuarantineItem[]; next: string | null }> {
    const limit = Math.min(query.limit ?? PAGE, 1_000);
    const rows = await this.#find(query, limit + 1);
    if (rows.length === 0 && query.after !== undefined) await this.#refuseUnknown(query.after);
    const page = rows.slice(0, limit);
    const last = page[page.length - 1];
    const next = rows.length > limit && last ? cursorOf(last) : null;
    return { items: page.map(shown), next };
  }

  /** Throws `quarantineUnknown`. */
  async get(id: string): Promise<QuarantineItem> {
    return shown(await this.#row(id));
  }

  /** The item's bytes as they came. Throws `quarantineUnknown`, `payloadExpired`. */
  async payload(id: string): Promise<Buffer> {
    const row = await this.#row(id);
    const { sealed } = row;
    if (!sealed) throw new ProductError('payloadExpired');
    if (isStandIn(row)) throw new ProductError('payloadOfFile');
    return this.seal.open(sealed, sealPurpose(id));
  }

  /** Every open item that a replay is to take in again, oldest first, with its bytes; of those few are held at a time. */
  async *replayable(query: QuarantineQuery): AsyncGenerator<Replayable> {
    for await (const row of this.#all({ ...query, state: 'open' })) {
      if (row.sealed === null || row.origin_topic !== null || isStandIn(row)) continue;
      yield {
        item: shown(row),
        payload: this.seal.open(row.sealed, sealPurpose(row.id)),
        contentType: row.content_type ?? 'application/octet-stream',
        part: row.part,
        landing: row.landing,
      };
    }
  }

  /** Which of the open items looked for stand for a file of which nothing is kept: there is nothing to take in again. */
  async standIns(query: QuarantineQuery): Promise<string[]> {
    const ids: string[] = [];
    for await (const row of this.#all({ ...query, state: 'open' }))
      if (isStandIn(row)) ids.push(row.id);
    return ids;
  }

  /** Moves an item on, as its life-cycle lets it; false if its state does not. */
  settle(id: string, event: QuarantineEvent): Promise<boolean> {
    return moved(this.database, id, event);
  }

  /**
   * Puts an open item away, once `noted` has it on the ledger; what that throws leaves it open. Of several who do so at once, and of
   * those who take it in again, one alone does; the others are told that it is not open.
   */
  discard(id: string, noted: () => Promise<void>): Promise<boolean> {
    const discarding = this.#discarding.then(() => this.#discard(id, noted));
    this.#discarding = discarding.catch(() => undefined);
    return discarding;
  }

  async #discard(id: string, noted: () => Promise<void>): Promise<boolean> {
    return inTransaction(this.database, async (client) => {
      if (!(await moved(client, id, 'discard'))) return false;
      await noted();
      return true;
    });
  }

  /** It is refused for another reason now: the one it was refused for first is mended. It stays open. */
  async refusedAgain(id: string, step: string, errors: readonly Fault[]): Promise<void> {
    const codes = [...new Set(errors.map(({ code }) => code))];
    await this.database.query(
      `UPDATE quarantine SET step = $2, codes = $3, errors = $4
       WHERE id = $1 AND state = 'open' AND codes <> $3::text[]`,
      [id, step, codes, JSON.stringify(errors)],
    );
  }

  /** Payloads older than the retention are no longer kept; that they were refused is. */
  async forget(olderThan: Date): Promise<void> {
    await this.database.query(
      `UPDATE quarantine SET sealed = NULL WHERE received_at < $1 AND sealed IS NOT NULL`,
      [olderThan],
    );
  }

  /** Behind an item that there is not, nothing would be found: that would look like the end of the list. */
  async #refuseUnknown(cursor: string): Promise<void> {
    const [known] = await this.#find({ ids: [cursor] }, 1);
    if (!known) throw problem(platformErrors.badCursor);
  }

  async #row(id: string): Promise<Row> {
    const row = (await this.#find({ ids: [id] }, 1))[0];
    if (!row) throw new ProductError('quarantineUnknown');
    return row;
  }

  /** All rows that are looked for, read a page at a time. */
  async *#all(query: QuarantineQuery): AsyncGenerator<Row> {
    for (let { after } = query; ;) {
      const rows = await this.#find({ ...query, after }, PAGE);
      yield* rows;
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.id;
    }
  }

  async #find(query: QuarantineQuery, limit: number): Promise<Row[]> {
    const values: unknown[] = [limit];
    const where = conditions(query).map(([sql, value]) => {
      values.push(value);
      return sql.replaceAll('?', `$${values.length}`);
    });
    const found = await this.database.query<Row>(
      `SELECT * FROM quarantine ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
       ORDER BY n LIMIT $1`,
      values,
    );
    return found.rows;
  }
}

function conditions(query: QuarantineQuery): [string, unknown][] {
  const list: [string, unknown][] = [];
  if (query.ids) list.push(['id = ANY(?::text[])', query.ids]);
  if (query.cause) list.push(['codes @> ARRAY[?::text]', codeOf(query.cause)]);
  if (query.publisher) {
    list.push([`(publisher_ods = ? OR split_part(origin_topic, '.', 1) = ?)`, query.publisher]);
  }
  if (query.source) list.push(['source = ?', query.source]);
  if (query.state) list.push(['state = ?', query.state]);
  if (query.from) list.push(['received_at >= ?::timestamptz', query.from]);
  if (query.to) list.push(['received_at < ?::timestamptz', query.to]);
  if (query.after) {
    list.push([`n > (SELECT q.n FROM quarantine q WHERE q.id = ?)`, query.after]);
  }
  return list;
}

async function moved(database: Queryable, id: string, event: QuarantineEvent): Promise<boolean> {
  const moves = movesBy(event);
  const { rowCount } = await database.query(
    `UPDATE quarantine q SET state = m.next, state_at = now()
     FROM unnest($2::text[], $3::text[]) AS m(state, next) WHERE q.id = $1 AND q.state = m.state`,
    [id, moves.map(([from]) => from), moves.map(([, to]) => to)],
  );
  return rowCount === 1;
}

/** Throws `causeUnknown`: of a cause that does not exist it would be wrong to say that nothing has it. */
function codeOf(cause: string): string {
  const code = causeCode(cause);
  if (!code) throw new ProductError('causeUnknown');
  return code;
}

/** Every item of a source has bytes, but for one that stands for a file. */
const isStandIn = ({ bytes, origin_topic }: Row): boolean => bytes === 0 && origin_topic === null;

const cursorOf = (row: Row): string => row.id;

const shown = (row: Row): QuarantineItem => ({
  id: row.id,
  product: row.product,
  source: row.source,
  sourceId: row.source_id,
  publisherOds: row.publisher_ods,
  publisher: row.origin_topic === null ? null : publisherOf(row.origin_topic),
  receivedAt: row.received_at.toISOString(),
  step: row.step,
  errors: row.errors,
  state: row.state,
  sha256: row.sha256,
  bytes: row.bytes,
  origin:
    row.origin_topic === null
      ? null
      : {
          topic: row.origin_topic,
          partition: row.origin_partition!,
          offset: Number(row.origin_offset),
        },
});
