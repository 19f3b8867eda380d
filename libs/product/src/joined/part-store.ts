import { inTransaction } from '@caremesh/platform';
import type { Statement } from '@caremesh/platform';
import type { Pool, PoolClient } from 'pg';

import { belowRoot } from '../define/source.js';
import type { JoinedSource, Joined } from '../define/source.js';
import { digest16 } from '../intake/ids.js';
import { byteaArray, plainArray } from '../outbox/arrays.js';
import type { Seal } from '../sealing/seal.js';
import { formerOf, rememberFormer, says } from './former.js';
import type { FormerRow, StoredBefore } from './former.js';
import {
  AS_OLD_AS_RECORD,
  BEFORE,
  CHANGED_ROWS,
  chainSql,
  COME_AGAIN,
  holding,
  MARK_PARENTS,
  MARKED_ROOTS,
  markBelow,
  markWhere,
  NEW_ROWS,
  RENEW,
  UNMARK,
  waitingBelow,
} from './part-statements.js';

/** A row of a part on its way into the store. */
export type IncomingRow = {
  part: string;
  key: Buffer;
  parent: Buffer | null;
  at: number | null;
  item: number;
  sourceId: string | null;
  row: unknown;
};
/** The same as it is stored. */
export type WrittenRow = IncomingRow & { digest: Buffer; sealed: Buffer };
/** A root that must be mapped again, with what it is joined to; null: an ancestor is missing. */
export type MarkedRoot = {
  key: Buffer;
  mark: string;
  receipt: string | null;
  item: number;
  sourceId: string | null;
  row: unknown;
  at: number | null;
  /** Whether it was left for want of an ancestor when it was last looked at. */
  held: boolean;
  joined: Joined<unknown> | null;
};
type StoredRow = { key: Buffer; parent: Buffer | null; part: string; row: unknown };
type Before = StoredBefore & { key: Buffer; parent: Buffer | null; held: boolean };
type Source = JoinedSource<unknown>;

const ANCESTORS_KEPT = 20_000;
/** Rows kept in clear from storing to mapping: opening a sealed row costs more than all else that is done with it. */
const RECENT_KEPT = 40_000;

/** A row's key: a hash, because the source's own key may identify a person. */
export const partKey = (source: string, part: string, key: string): Buffer =>
  digest16('part\u0000', source, '\u0000', part, '\u0000', key);

/** By it a row is known again. */
export const digestOf = (row: unknown): Buffer => digest16(Buffer.from(JSON.stringify(row)));

/** Parts from a root up: CYP201's are CYP101, then CYP001. */
function ancestorsOf({ parts, root }: Pick<Source, 'parts' | 'root'>, from = root): string[] {
  const chain: string[] = [];
  for (
    let part = parts[from]?.parent?.part;
    part && !chain.includes(part);
    part = parts[part]?.parent?.part
  ) {
    chain.push(part);
  }
  return chain;
}

/**
 * Rows of a joined source, sealed, each under the hash of its key. A row that changes marks every root it
 * concerns; a mark stays until the root has been mapped again in the transaction that takes it away.
 * All statements work on many rows at a time.
 */
export class PartStore {
  readonly #ancestors: string[];
  readonly #children: string[];
  #kept = new Map<string, StoredRow>();
  readonly #recent = new Map<string, { digest: string; row: unknown }>();

  constructor(
    private readonly source: Source,
    private readonly pool: Pool,
    private readonly seal: Seal,
  ) {
    this.#ancestors = ancestorsOf(source);
    this.#children = belowRoot(source);
  }

  /** Ancestors are read anew: another process may have stored them since. */
  forget(): void {
    this.#kept.clear();
  }

  /** Rows as `store` takes them: sealed, with a digest by which they are known again. */
  sealed(rows: readonly IncomingRow[]): WrittenRow[] {
    return rows.map((incoming) => {
      const { key, part, row } = incoming;
      const plain = Buffer.from(JSON.stringify(row));
      const digest = digest16(plain);
      if (part === this.source.root || this.#children.includes(part))
        this.#remember(key, { digest: hex(digest), row });
      return { ...incoming, digest, sealed: this.seal.close(plain, purpose(key)) };
    });
  }

  /**
   * Stores rows and marks the roots they concern, with `also` in the same transaction. Keys must differ; `passed` is what stood
   * before one of them in the same file, of the same return. Tells the rows that are settled when roots are mapped and the submission
   * ends, and which of the others are still held.
   */
  async store(
    rows: readonly WrittenRow[],
    receipt: string,
    also: (changed: ReadonlySet<string>, held: ReadonlySet<string>) => Statement[],
    passed: readonly FormerRow[] = [],
  ): Promise<void> {
    await inTransaction(this.pool, async (client) => {
      const changed = await this.#write(client, NEW_ROWS, rows, receipt);
      // Mostly all are new: what was stored before is asked of the others alone.
      const known = rows.filter(({ key }) => !changed.has(hex(key)));
      const before = await this.#before(client, known);
      const news = known.filter((row) => says(row, before.get(hex(row.key))));
      for (const name of await this.#write(client, CHANGED_ROWS, news, receipt)) changed.add(name);
      await this.#mark(
        client,
        rows.filter(({ key }) => changed.has(hex(key))),
        before,
      );
      const former = [...news.flatMap((row) => formerOf(row, before.get(hex(row.key)))), ...passed];
      await rememberFormer(
        client,
        former.filter(({ key }) => changed.has(hex(key))),
      );
      const same = known.filter((row) => !changed.has(hex(row.key)));
      const held = await this.#waiting(client, same);
      for (const name of await this.#comeAgain(client, same, before, receipt)) changed.add(name);
      for (const [name, row] of before) if (row.held && !changed.has(name)) held.add(name);
      for (const statement of also(changed, held)) await client.query(statement);
    });
  }

  /**
   * Roots that must be mapped again, in the order in which they were marked, beginning behind the mark `after`, joined to
   * what is stored of their parts; without those of submissions that are still being stored or wait to be worked through, which map
   * their own (`own`: the one that asks). Rows of one person mostly stand together in a file: in its order they share what they belong
   * to, and pages of the database.
   */
  async marked(after: string, storing: readonly string[], own = ''): Promise<MarkedRoot[]> {
    const found = await this.pool.query<RootRow>({
      ...MARKED_ROOTS,
      values: [this.source.name, after, plainArray(storing), own],
    });
    if (found.rows.length === 0) return [];
    const [children, roots] = await Promise.all([
      this.#childrenOf(found.rows.map(([key]) => key)),
      this.#rowsOf(found.rows.map(([key, , digest]) => ({ key, digest }))),
      this.#keepAncestors(found.rows.map(([, parent]) => parent)),
    ]);
    return found.rows.map(([key, parent, , receipt, item, sourceId, at, held, mark], i) => {
      const row = roots[i];
      const ancestors = this.#ancestorRows(parent);
      const joined = ancestors && { root: row, ancestors, children: children.get(hex(key)) ?? {} };
      return {
        key,
        mark,
        receipt,
        item,
        sourceId,
        row,
        at: at === null ? null : Number(at),
        held,
        joined,
      };
    });
  }

  /** Takes marks away; fails with 40001 if a root was marked anew since it was read. */
  unmark(roots: readonly MarkedRoot[]): Statement[] {
    if (roots.length === 0) return [];
    const moved = roots.filter(({ held, joined }) => held !== (joined === null));
    return [
      {
        ...UNMARK,
        values: [plainArray(roots.map(({ mark }) => mark)), this.source.name],
      },
      ...(moved.length > 0 ? [holding(moved)] : []),
    ];
  }

  /** Roots whose record changed by another row are kept from then on, as the record is. */
  renew(roots: readonly MarkedRoot[]): Statement[] {
    return roots.length === 0
      ? []
      : [{ ...RENEW, values: [byteaArray(roots.map(({ key }) => key))] }];
  }

  /** Roots whose record did not change by what they state now end with it, and not later. */
  asOldAsRecords(made: readonly { root: MarkedRoot; record: string }[]): Statement[] {
    if (made.length === 0) return [];
    const keys = byteaArray(made.map(({ root }) => root.key));
    return [{ ...AS_OLD_AS_RECORD, values: [keys, plainArray(made.map(({ record }) => record))] }];
  }

  /** Marks one root, so that it is mapped again. */
  async markRoot(key: Buffer): Promise<void> {
    await this.pool.query(markWhere('key = $1'), [key]);
  }

  /**
   * What became of a submission's rows that are no roots: how many changed, and how many of those are held
   * because something they belong to is missing; the first of them by item.
   */
  async others(
    receipt: string,
    shown: number,
  ): Promise<{ changed: number; held: number; items: OtherItem[] }> {
    const sums = { changed: 0, held: 0, items: [] as OtherItem[] };
    for (const part of Object.keys(this.source.parts)) {
      if (part === this.source.root) continue;
      const { joins, missing } = chainSql(ancestorsOf(this.source, part).length);
      const found = await this.pool.query<{
        changed: string;
        held: string;
        items: OtherItem[] | null;
      }>(
        `SELECT count(*) AS changed, count(*) FILTER (WHERE ${missing}) AS held,
           jsonb_agg(jsonb_build_object('item', r.item, 'sourceId', r.source_id, 'held', ${missing}))
             FILTER (WHERE r.item < $3) AS items
         FROM part_row r ${joins} WHERE r.receipt = $1 AND r.part = $2`,
        [receipt, part, shown],
      );
      const row = found.rows[0]!;
      sums.changed += Number(row.changed);
      sums.held += Number(row.held);
      sums.items.push(...(row.items ?? []));
    }
    return sums;
  }

  /** What was stored of these rows before, by their keys. */
  async #before(client: PoolClient, rows: readonly WrittenRow[]): Promise<Map<string, Before>> {
    if (rows.length === 0) return new Map();
    const found = await client.query<Omit<Before, 'at'> & { at: string | null }>({
      ...BEFORE,
      values: [
        byteaArray(rows.map(({ key }) => key)),
        byteaArray(rows.map(({ digest }) => digest)),
        plainArray(rows.map(({ at }) => at)),
      ],
    });
    return new Map(
      found.rows.map((row) => [
        hex(row.key),
        { ...row, at: row.at === null ? null : Number(row.at) },
      ]),
    );
  }

  /** The names of those that are no roots and want something that they belong to. */
  async #waiting(client: PoolClient, rows: readonly IncomingRow[]): Promise<Set<string>> {
    const waiting = new Set<string>();
    for (const part of new Set(rows.map((row) => row.part))) {
      const levels = ancestorsOf(this.source, part).length;
      if (part === this.source.root || levels === 0) continue;
      const keys = rows.filter((row) => row.part === part).map(({ key }) => key);
      const found = await client.query<{ key: Buffer }>({
        ...waitingBelow(levels),
        values: [byteaArray(keys)],
      });
      for (const { key } of found.rows) waiting.add(hex(key));
    }
    return waiting;
  }

  /** Takes roots that come as they were and wait or stand refused for this submission's own; their names. */
  async #comeAgain(
    client: PoolClient,
    rows: readonly WrittenRow[],
    before: ReadonlyMap<string, Before>,
    receipt: string,
  ): Promise<string[]> {
    const roots = rows.filter(
      ({ part, key, digest }) =>
        part === this.source.root && before.get(hex(key))?.digest.equals(digest),
    );
    if (roots.length === 0) return [];
    const found = await client.query<{ key: Buffer }>({
      ...COME_AGAIN,
      values: [
        byteaArray(roots.map(({ key }) => key)),
        receipt,
        plainArray(roots.map(({ item }) => item)),
        roots.map(({ sourceId }) => sourceId),
      ],
    });
    return found.rows.map(({ key }) => hex(key));
  }

  /** Writes rows, and marks the roots among them; the names of those that it wrote. */
  async #write(
    client: PoolClient,
    statement: { name: string; text: string },
    rows: readonly WrittenRow[],
    receipt: string,
  ): Promise<Set<string>> {
    if (rows.length === 0) return new Set();
    const found = await client.query<{ key: Buffer }>({
      ...statement,
      values: [
        byteaArray(rows.map(({ key }) => key)),
        this.source.name,
        plainArray(rows.map(({ part }) => part)),
        byteaArray(rows.map(({ parent }) => parent)),
        byteaArray(rows.map(({ digest }) => digest)),
        plainArray(rows.map(({ at }) => at)),
        plainArray(rows.map(({ item }) => item)),
        rows.map(({ sourceId }) => sourceId),
        byteaArray(rows.map(({ sealed }) => sealed)),
        receipt,
        this.source.root,
      ],
    });
    return new Set(found.rows.map(({ key }) => hex(key)));
  }

  async #mark(
    client: PoolClient,
    changed: readonly IncomingRow[],
    before: ReadonlyMap<string, Before>,
  ): Promise<void> {
    const children = changed.filter(({ part }) => this.#children.includes(part));
    // A child that moved concerns the root it left as much as the one it came to.
    const parents = children.flatMap(({ key, parent }) =>
      [parent, before.get(hex(key))?.parent].filter((one) => one != null),
    );
    if (parents.length > 0) {
      await client.query({ ...MARK_PARENTS, values: [byteaArray(parents), this.source.root] });
    }
    for (const [distance, part] of this.#ancestors.entries()) {
      const keys = changed.filter((row) => row.part === part).map(({ key }) => key);
      if (keys.length > 0)
        await client.query({
          ...markBelow(distance),
          values: [byteaArray(keys), this.source.root],
        });
    }
  }

  async #childrenOf(keys: readonly Buffer[]): Promise<Map<string, Record<string, unknown[]>>> {
    const byRoot = new Map<string, Record<string, unknown[]>>();
    if (this.#children.length === 0) return byRoot;
    const found = await this.pool.query<[Buffer, Buffer, string, Buffer]>({
      name: 'joined-children',
      rowMode: 'array',
      text: `SELECT key, parent, part, digest FROM part_row WHERE parent = ANY($1::bytea[]) AND part = ANY($2::text[])`,
      values: [byteaArray(keys), plainArray(this.#children)],
    });
    const rows = await this.#rowsOf(found.rows.map(([key, , , digest]) => ({ key, digest })));
    for (const [i, [, parent, part]] of found.rows.entries()) {
      const name = hex(parent);
      let children = byRoot.get(name);
      if (!children) byRoot.set(name, (children = {}));
      (children[part] ??= []).push(rows[i]);
    }
    return byRoot;
  }

  /** Reads the ancestors that are not in memory yet, level by level. */
  async #keepAncestors(parents: readonly (Buffer | null)[]): Promise<void> {
    if (this.#kept.size > ANCESTORS_KEPT) this.#kept.clear();
    let wanted = new Map<string, Buffer>();
    for (const parent of parents) if (parent) wanted.set(hex(parent), parent);
    while (wanted.size > 0) {
      const missing = [...wanted].filter(([name]) => !this.#kept.has(name)).map(([, key]) => key);
      if (missing.length > 0) await this.#readAncestors(missing);
      const next = new Map<string, Buffer>();
      for (const name of wanted.keys()) {
        const parent = this.#kept.get(name)?.parent;
        if (parent) next.set(hex(parent), parent);
      }
      wanted = next;
    }
  }

  async #readAncestors(keys: readonly Buffer[]): Promise<void> {
    const found = await this.pool.query<[Buffer, Buffer | null, string, Buffer]>({
      name: 'joined-ancestors',
      rowMode: 'array',
      text: `SELECT key, parent, part, sealed FROM part_row WHERE key = ANY($1::bytea[])`,
      values: [byteaArray(keys)],
    });
    for (const [key, parent, part, sealed] of found.rows) {
      this.#kept.set(hex(key), { key, parent, part, row: this.#open(sealed, key) });
    }
  }

  #ancestorRows(parent: Buffer | null): Record<string, unknown> | null {
    const rows: Record<string, unknown> = {};
    let next = parent;
    for (const part of this.#ancestors) {
      const stored = next && this.#kept.get(hex(next));
      if (!stored) return null;
      rows[part] = stored.row;
      next = stored.parent;
    }
    return rows;
  }

  /** Rows in the order asked for: from memory if they are as stored, else read and opened. */
  async #rowsOf(wanted: readonly { key: Buffer; digest: Buffer }[]): Promise<unknown[]> {
    const rows = wanted.map(({ key, digest }) => {
      const recent = this.#recent.get(hex(key));
      return recent?.digest === hex(digest) ? recent : undefined;
    });
    const missing = wanted.filter((_, i) => !rows[i]).map(({ key }) => key);
    const opened = new Map<string, unknown>();
    if (missing.length > 0) {
      const found = await this.pool.query<[Buffer, Buffer]>({
        name: 'joined-rows',
        rowMode: 'array',
        text: `SELECT key, sealed FROM part_row WHERE key = ANY($1::bytea[])`,
        values: [byteaArray(missing)],
      });
      for (const [key, sealed] of found.rows) opened.set(hex(key), this.#open(sealed, key));
    }
    return wanted.map(({ key }, i) => (rows[i] ? rows[i].row : opened.get(hex(key))));
  }

  #remember(key: Buffer, recent: { digest: string; row: unknown }): void {
    if (this.#recent.size >= RECENT_KEPT) this.#forgetOldest();
    this.#recent.set(hex(key), recent);
  }

  /** A tenth at a time: a file with one row more than are kept loses that tenth, not all. */
  #forgetOldest(): void {
    let left = RECENT_KEPT / 10;
    for (const name of this.#recent.keys()) {
      if (left-- === 0) return;
      this.#recent.delete(name);
    }
  }

  #open(sealed: Buffer, key: Buffer): unknown {
    return JSON.parse(this.seal.open(sealed, purpose(key)).toString());
  }
}

export type OtherItem = { item: number; sourceId: string | null; held: boolean };
type RootRow = [
  key: Buffer,
  parent: Buffer | null,
  digest: Buffer,
  receipt: string | null,
  item: number,
  sourceId: string | null,
  at: string | null,
  held: boolean,
  mark: string,
];

const hex = (key: Buffer): string => key.toString('hex');
const purpose = (key: Buffer): string => `part:${hex(key)}`;
