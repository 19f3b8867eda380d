import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SIGNING } from '../checkpoints/checkpoints.js';
import { MerkleTree, spans } from '../checkpoints/merkle.js';
import { beginningOf } from '../database/days.js';
import { Store, turn } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { Ledger } from '../ledger/ledger.js';
import type { Stretch } from '../ledger/ledger.js';
import type { ExportQuery } from './shapes.js';

/** The part of the ledger that an export holds, and when it was looked at. */
export type Period = {
  /** Everything committed before this moment that a checkpoint then covered lies within `length`. */
  made: Date;
  from: Date | null;
  to: Date | null;
  /** Its entries; `last` is `first - 1` when there are none. */
  stretch: Stretch;
  /** How long the whole ledger was. */
  length: number;
};

/**
 * What ties the entries of an export to the checkpoints: `before` are roots of the complete subtrees left of
 * the first entry, `after` those right of the last one up to the first checkpoint that covers it.
 */
export type Proof = {
  made: string;
  from: string | null;
  to: string | null;
  first: number;
  before: string[];
  after: { size: number; hashes: string[] } | null;
};

/** Finds which entries a period has, and proves that they are those of the whole ledger. */
@Injectable()
export class Periods {
  readonly #store: Store;
  readonly #ledger: Ledger;

  constructor(store: Store, ledger: Ledger) {
    this.#store = store;
    this.#ledger = ledger;
  }

  /** Looks while nobody signs: a checkpoint older than `made` is then never longer than `length`. Throws MESH-3024. */
  find(query: ExportQuery): Promise<Period> {
    return this.#store.transaction(async (em) => {
      const from = query.from === undefined ? null : await momentOf(em, query.from, 0);
      const to = query.to === undefined ? null : await momentOf(em, query.to, 1);
      if (from && to && from >= to) throw problem(governanceErrors.auditRange);
      await turn(em, SIGNING);
      const [now] = await em.query<{ made: Date }[]>(
        'SELECT clock_timestamp()::timestamptz(3) AS made',
      );
      const length = await this.#ledger.length(em);
      const found =
        from || to ? await this.#ledger.stretch(em, { from, to }) : { first: 1, last: length };
      const stretch = found ?? { first: length + 1, last: length };
      return { made: now?.made ?? new Date(), from, to, stretch, length };
    });
  }

  /** `covering` is the size of the first checkpoint of at least the period's last entry, if there is one. */
  async proof({ made, from, to, stretch }: Period, covering: number | null): Promise<Proof> {
    const { first, last } = stretch;
    const before = await this.#treeOf({ first: 1, last: first - 1 });
    const after = covering === null ? null : await this.#after(last, covering);
    return {
      made: made.toISOString(),
      from: from?.toISOString() ?? null,
      to: to?.toISOString() ?? null,
      first,
      before: before.peaks().map((root) => root.toString('hex')),
      after,
    };
  }

  async #after(last: number, size: number): Promise<Proof['after']> {
    const hashes: string[] = [];
    let at = last;
    for (const height of spans(last, size)) {
      const subtree = await this.#treeOf({ first: at + 1, last: at + 2 ** height });
      hashes.push(subtree.root().toString('hex'));
      at += 2 ** height;
    }
    return { size, hashes };
  }

  async #treeOf(stretch: Stretch): Promise<MerkleTree> {
    const tree = new MerkleTree();
    for await (const hash of this.#ledger.hashes(stretch)) tree.append(hash);
    return tree;
  }
}

// A day stands for the whole of it: as the end it is the beginning of the next.
function momentOf(em: EntityManager, text: string, later: number): Promise<Date> {
  const isDay = text.length === 10;
  return isDay ? beginningOf(em, text, later) : Promise.resolve(new Date(text));
}
