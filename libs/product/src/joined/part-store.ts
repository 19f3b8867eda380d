import type { Statement } from '@caremesh/platform';
import type { Pool, PoolClient } from 'pg';

import type { JoinedSource, Joined } from '../define/source.js';
import { digest16 } from '../intake/ids.js';
import { byteaArray, plainArray } from '../outbox/arrays.js';
import type { Seal } from '../sealing/seal.js';

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
type Before = { parent: Buffer | null; held: boolean };
type Source = JoinedSource<unknown>;

const MARKED_AT_ONCE = 500;
const ANCESTORS_KEPT = 20_000;
/** Rows kept in clear from storing to mapping: opening a sealed row costs more than all else that is done with it. */
const RECENT_KEPT = 40_000;

/** A row's key: a hash, because the source's own key may identify a person. */
export const partKey = (source: string, part: string, key: string): Buffer =>
  digest16('part\u0000', source, '\u0000', part, '\u0000', key);

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
    this.#children = Object.entries(source.parts)
      .filter(([, { parent }]) => parent?.part === source.root)
      .map(([part]) => part);
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
   * Stores rows and marks the roots they concern, with `also` in the same transaction. Keys must differ.
   * Answers for each row whether it changed what was stored, and if not, whether it is still held.
   */
  async store(
    rows: readonly WrittenRow[],
    receipt: string,
    also: (changed: ReadonlySet<string>, held: ReadonlySet<string>) => Statement[],
  ): Promise<void> {
    await this.#transaction(async (client) => {
      const changed = await this.#write(client, NEW_ROWS, rows, receipt);
      // Mostly all are new: what was stored before is asked of the others alone.
      const known = rows.filter(({ key }) => !changed.has(hex(key)));
      const before = await this.#before(client, known);
      for (const name of await this.#write(client, CHANGED_ROWS, known, receipt)) changed.add(name);
      await this.#mark(
        client,
        rows.filter(({ key }) => changed.has(hex(key))),
        before,
      );
      const held = new Set([...before].filter(([, row]) => row.held).map(([name]) => name));
      for (const statement of also(changed, held)) await client.query(statement);
    });
  }

  /**
   * Roots that must be mapped again, in the order in which they were marked, beginning behind the mark `after`, joined to
   * what is stored of their parts; without those of submissions that are still being stored, which map their own. Rows of
   * one person mostly stand together in a file: in its order they share what they belong to, and pages of the database.
   */
  async marked(after: string, storing: readonly string[]): Promise<MarkedRoot[]> {
    const found = await this.pool.query<RootRow>({
      name: 'joined-marked',
      rowMode: 'array',
      text: `SELECT key, mark, parent, digest, receipt, item, source_id, at, held FROM part_mark
             WHERE source = $1 AND mark > $2 AND (receipt IS NULL OR receipt <> ALL($3::text[]))
             ORDER BY mark LIMIT ${MARKED_AT_ONCE}`,
      values: [this.source.name, after, plainArray(storing)],
    });
    if (found.rows.length === 0) return [];
    const [children, roots] = await Promise.all([
      this.#childrenOf(found.rows.map(([key]) => key)),
      this.#rowsOf(found.rows.map(([key, , , digest]) => ({ key, digest }))),
      this.#keepAncestors(found.rows.map(([, , parent]) => parent)),
    ]);
    return found.rows.map(([key, mark, parent, , receipt, item, sourceId, at, held], i) => {
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
  async #before(client: PoolClient, rows: readonly IncomingRow[]): Promise<Map<string, Before>> {
    if (rows.length === 0) return new Map();
    const found = await client.query<Before & { key: Buffer }>({
      name: 'joined-before',
      text: `SELECT key, parent, held FROM part_row WHERE key = ANY($1::bytea[])`,
      values: [byteaArray(rows.map(({ key }) => key))],
    });
    return new Map(found.rows.map((row) => [hex(row.key), row]));
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

  async #transaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      await work(client);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      client.release(error instanceof Error);
      throw error;
    }
  }
}

export type OtherItem = { item: number; sourceId: string | null; held: boolean };
type RootRow = [
  key: Buffer,
  mark: string,
  parent: Buffer | null,
  digest: Buffer,
  receipt: string | null,
  item: number,
  sourceId: string | null,
  at: string | null,
  held: boolean,
];

const hex = (key: Buffer): string => key.toString('hex');
const purpose = (key: Buffer): string => `part:${hex(key)}`;

/**
 * Takes marks away that are as they were read; fails with 40001 if one is not. Each is looked up by itself: the table is empty
 * again and again, and a plan made when it was would compare all marks with all that are named (28 batches took 10 s in place of 2).
 */
export const UNMARK = {
  name: 'joined-unmark',
  // A row that is marked anew meanwhile has a number that was not given before, so none of those named.
  text: `WITH mine AS (
    SELECT held.ctid AS place FROM unnest($1::int8[]) AS u(mark)
    CROSS JOIN LATERAL (
      SELECT ctid FROM part_mark m WHERE m.source = $2 AND m.mark = u.mark OFFSET 0) AS held),
  w AS (
    DELETE FROM part_mark WHERE ctid = ANY(ARRAY(SELECT place FROM mine)) AND mark = ANY($1::int8[])
    RETURNING 1)
    SELECT expect_rows((SELECT count(*) FROM w), cardinality($1::int8[]))`,
};

/** What a mark says of its root, so that roots are mapped without looking each up in a table of all that was ever landed. */
const MARKED = 'key, parent, digest, receipt, item, source_id, at, held';
const MARKED_ANEW = `ON CONFLICT (key) DO UPDATE SET mark = excluded.mark, parent = excluded.parent, digest = excluded.digest,
     receipt = excluded.receipt, item = excluded.item, source_id = excluded.source_id, at = excluded.at, held = excluded.held`;

/** Marks the rows that a condition names, with numbers in the order of their file; one marked already is marked anew. */
const markWhere = (condition: string): string =>
  `INSERT INTO part_mark (mark, source, ${MARKED})
   SELECT nextval('part_mark_number'), source, ${MARKED} FROM (
     SELECT source, ${MARKED} FROM part_row WHERE ${condition} ORDER BY item) AS concerned
   ${MARKED_ANEW}`;

const writing = (onConflict: string): string => `WITH stored AS (
    INSERT INTO part_row (key, source, part, parent, digest, at, held, receipt, item, source_id, sealed)
    SELECT u.key, $2, u.part, u.parent, u.digest, u.at, false, $10, u.item, u.source_id, u.sealed
    FROM unnest($1::bytea[], $3::text[], $4::bytea[], $5::bytea[], $6::int8[], $7::int4[], $8::text[], $9::bytea[])
      AS u(key, part, parent, digest, at, item, source_id, sealed)
    ON CONFLICT ${onConflict}
    RETURNING part, ${MARKED}),
  marked AS (
    INSERT INTO part_mark (mark, source, ${MARKED})
    SELECT nextval('part_mark_number'), $2, ${MARKED} FROM (
      SELECT ${MARKED} FROM stored WHERE part = $11 ORDER BY item) AS roots
    ${MARKED_ANEW})
  SELECT key FROM stored`;
const NEW_ROWS = { name: 'joined-new-rows', text: writing('DO NOTHING') };
/** What changed, unless it was true earlier than what is stored. */
const CHANGED_ROWS = {
  name: 'joined-changed-rows',
  text: writing(`(key) DO UPDATE SET parent = excluded.parent, digest = excluded.digest, at = excluded.at,
      receipt = excluded.receipt, item = excluded.item, source_id = excluded.source_id,
      sealed = excluded.sealed, kept_from = now()
    WHERE part_row.digest <> excluded.digest
      AND (part_row.at IS NULL OR excluded.at IS NULL OR excluded.at >= part_row.at)`),
};
const MARK_PARENTS = {
  name: 'joined-mark-parents',
  text: markWhere(`key = ANY($1::bytea[]) AND part = $2`),
};

/** Marks roots below changed rows: their children's children as often as the distance says. */
export function markBelow(distance: number): { name: string; text: string } {
  let below = `$1::bytea[]`;
  for (let i = 0; i < distance; i++)
    below = `ARRAY(SELECT key FROM part_row WHERE parent = ANY(${below}))`;
  return {
    name: `joined-mark-below-${distance}`,
    text: markWhere(`parent = ANY(${below}) AND part = $2`),
  };
}

/** Roots that are held from now on, or no longer. */
function holding(roots: readonly MarkedRoot[]): Statement {
  return {
    name: 'joined-hold',
    text: `UPDATE part_row r SET held = u.held FROM unnest($1::bytea[], $2::bool[]) AS u(key, held) WHERE r.key = u.key`,
    values: [
      byteaArray(roots.map(({ key }) => key)),
      plainArray(roots.map(({ joined }) => joined === null)),
    ],
  };
}

/** Joins that follow a row's ancestors, and the condition that one of them is missing. */
function chainSql(levels: number): { joins: string; missing: string } {
  const names = Array.from({ length: levels }, (_, i) => `a${i}`);
  const joins = names.map(
    (name, i) =>
      `LEFT JOIN part_row ${name} ON ${name}.key = ${i === 0 ? 'r' : `a${i - 1}`}.parent`,
  );
  return {
    joins: joins.join(' '),
    missing: levels === 0 ? 'false' : `(a${levels - 1}.key IS NULL)`,
  };
}
