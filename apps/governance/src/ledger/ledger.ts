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
    let sealed = 0;
    for (;;) {
      const count = await this.store.transaction((em) => sealBatch(em));
      sealed += count;
      if (count < BATCH) return sealed;
    }
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

// Order is by inserting transaction, then position, and only below the oldest transaction still open:
// position alone would pass over an entry whose transaction commits late.
async function sealBatch(em: EntityManager): Promise<number> {
  await turn(em, 'ledger.seal');
  const [last] = await em.query<{ seq: string; hash: string; tx: string; id: string }[]>(
    `SELECT s.seq, s.hash, e.tx::text AS tx, e.id
       FROM ledger_seal s JOIN ledger_entry e ON e.id = s.entry ORDER BY s.seq DESC LIMIT 1`,
  );
  const rows = await em.query<EntryRow[]>(
    `SELECT id, at, actor, role, action, object, detail FROM ledger_entry
      WHERE (tx, id) > ($1::xid8, $2::bigint) AND tx < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY tx, id LIMIT $3`,
    [last?.tx ?? '0', last?.id ?? '0', BATCH],
  );
  if (rows.length === 0) return 0;
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
  return rows.length;
}
