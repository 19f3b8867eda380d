import type { LedgerWriter } from '@caremesh/platform';
import type { EntityManager } from 'typeorm';
import { Injectable } from '@nestjs/common';
import { Store, turn } from '../database/store.js';
import { GENESIS, chain } from './entry.js';
import type { LedgerEntry, LedgerRecord } from './entry.js';

const BATCH = 1_000;
const HASHES = 20_000;

/** Entries of the chain by their numbers, both included. */
export type Stretch = { first: number; last: number };

type EntryRow = LedgerRecord & { id: string; at: Date };
type ChainRow = { seq: string; at: Date; prev: string; hash: string } & LedgerRecord;

/**
 * The append-only record of who did what on whose authority. An entry is written in the transaction of
 * what it records and sealed into the chain after it committed, so that writers never wait for each other.
 */
@Injectable()
export class Ledger {
  // Every entry of a transaction below this one is chained. From nothing at start: one look at all of them.
  #open = '0';

  constructor(private readonly store: Store) {}

  /** Writes an entry in the caller's transaction: it stands exactly if what it records does. */
  async record(em: EntityManager, record: LedgerRecord): Promise<void> {
    const { actor, role, action, object, detail } = record;
    await em.query(
      'INSERT INTO ledger_entry (actor, role, action, object, detail) VALUES ($1, $2, $3, $4, $5)',
      [actor, role, action, object, JSON.stringify(detail)],
    );
  }

  /** Writes an entry about something that happened outside the database. */
  async note(record: LedgerRecord): Promise<void> {
    await this.record(this.store.reader, record);
  }

  /** Chains every committed entry that is not chained yet. Answers how many it chained. */
  async seal(): Promise<number> {
    if (!(await this.#isWaiting())) return 0;
    let sealed = 0;
    for (;;) {
      const { count, open } = await this.store.transaction((em) => sealBatch(em, this.#open));
      sealed += count;
      if (count === BATCH) continue;
      this.#open = open;
      return sealed;
    }
  }

  /** Looked for without the lock: nearly always there is nothing to chain. */
  async #isWaiting(): Promise<boolean> {
    const rows = await this.store.reader.query<unknown[]>(`${UNCHAINED} LIMIT 1`, [this.#open]);
    return rows.length > 0;
  }

  /** The chained entries `first` to `last`, in order; read in batches. */
  async *entries({ first, last }: Stretch): AsyncGenerator<LedgerEntry> {
    for (let from = first; from <= last; from += BATCH) {
      const rows = await this.store.reader.query<ChainRow[]>(
        `SELECT seq, at, actor, role, action, object, detail, prev, hash FROM ledger
          WHERE seq BETWEEN $1 AND $2 ORDER BY seq`,
        [from, Math.min(last, from + BATCH - 1)],
      );
      for (const row of rows) yield entryOf(row);
    }
  }

  /** The hashes of entries `first` to `last`, in order: the leaves of the Merkle tree. */
  async *hashes({ first, last }: Stretch, em = this.store.reader): AsyncGenerator<Buffer> {
    for (let from = first; from <= last; from += HASHES) {
      const rows = await em.query<{ hash: string }[]>(
        'SELECT hash FROM ledger_seal WHERE seq BETWEEN $1 AND $2 ORDER BY seq',
        [from, Math.min(last, from + HASHES - 1)],
      );
      for (const { hash } of rows) yield Buffer.from(hash, 'hex');
    }
  }

  /** How many entries are chained: the number of the last one. */
  async length(em: EntityManager): Promise<number> {
    const [row] = await em.query<{ seq: string | null }[]>(
      'SELECT max(seq) AS seq FROM ledger_seal',
    );
    return Number(row?.seq ?? 0);
  }

  /**
   * The shortest unbroken stretch of the chain that holds every entry written from `from` until before `to`;
   * null if there is none. Entries are chained as they commit, so some written just outside can lie in it.
   */
  async stretch(
    em: EntityManager,
    { from, to }: { from: Date | null; to: Date | null },
  ): Promise<Stretch | null> {
    const [row] = await em.query<{ first: string | null; last: string | null }[]>(
      `SELECT min(seq) AS first, max(seq) AS last FROM ledger
        WHERE ($1::timestamptz IS NULL OR at >= $1) AND ($2::timestamptz IS NULL OR at < $2)`,
      [from, to],
    );
    return row?.first && row.last ? { first: Number(row.first), last: Number(row.last) } : null;
  }

  /** The latest entries about one object, or of everything, newest first. */
  async latest(query: {
    object?: string | undefined;
    before: number;
    limit: number;
  }): Promise<LedgerEntry[]> {
    const rows = await this.store.reader.query<ChainRow[]>(
      `SELECT seq, at, actor, role, action, object, detail, prev, hash FROM ledger
        WHERE seq < $1 AND ($2::text IS NULL OR object = $2) ORDER BY seq DESC LIMIT $3`,
      [query.before, query.object ?? null, query.limit],
    );
    return rows.map(entryOf);
  }
}

/** How governance writes down, as any service does, what its own edge refused. */
export function ledgerOf(app: { get(type: typeof Ledger): Ledger }): LedgerWriter {
  return (note) => app.get(Ledger).note({ actor: 'svc-governance', role: 'service', ...note });
}

function entryOf(row: ChainRow): LedgerEntry {
  const { actor, role, action, object, detail, prev, hash } = row;
  const at = row.at.toISOString();
  return { seq: Number(row.seq), at, actor, role, action, object, detail, prev, hash };
}

/** From a transaction on. */
const UNCHAINED = `SELECT id, at, actor, role, action, object, detail FROM ledger_entry e
  WHERE tx >= $1::xid8 AND NOT EXISTS (SELECT FROM ledger_seal s WHERE s.entry = e.id)`;

// What is committed and not chained, in the order of transaction and position. Nothing is waited for, whoever else
// keeps a transaction open on this server; an entry whose transaction commits late is chained after others that
// were there before it. It is not passed over: its transaction is no older than the oldest one that was open
// (`open`) at the last look, from which the next one begins. `open` is read before the entries, so that whatever is
// below it had ended, and was seen.
async function sealBatch(
  em: EntityManager,
  from: string,
): Promise<{ count: number; open: string }> {
  await turn(em, 'ledger.seal');
  const [{ open = from } = {}] = await em.query<{ open: string }[]>(
    'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS open',
  );
  const rows = await em.query<EntryRow[]>(`${UNCHAINED} ORDER BY tx, id LIMIT $2`, [from, BATCH]);
  if (rows.length === 0) return { count: 0, open };
  const [last] = await em.query<{ seq: string; hash: string }[]>(
    'SELECT seq, hash FROM ledger_seal ORDER BY seq DESC LIMIT 1',
  );
  const records = rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  const entries = chain({ seq: Number(last?.seq ?? 0), hash: last?.hash ?? GENESIS }, records);
  await em.query(
    `INSERT INTO ledger_seal (seq, entry, prev, hash)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])`,
    [
      entries.map(({ seq }) => seq),
      rows.map(({ id }) => id),
      entries.map(({ prev }) => prev),
      entries.map(({ hash }) => hash),
    ],
  );
  return { count: rows.length, open };
}
