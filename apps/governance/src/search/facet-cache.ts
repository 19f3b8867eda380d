import { Injectable } from '@nestjs/common';
import { Store } from '../database/store.js';
import { FACETS, countsOf } from './facets.js';
import type { Facet, FacetCounts, FacetFilter } from './facets.js';

/** A product as it was indexed once: which it is, and the numbers of its facet values. */
type Entry = { product: string; facets: readonly number[] };
type Value = { facet: Facet; value: string };

/** States kept before they are all let go and read again; about 200 bytes each. */
const MOST_ENTRIES = 50_000;

/** What of the hits meets every filter, and the counts of every facet. */
export type Narrowed = { products: { product: string; revision: number }[]; facets: FacetCounts };

/**
 * Counts facets in the process: 10,000 hits have some 150,000 values, which SQL takes 50 ms to count and this one. What
 * is kept is kept under a revision, and a product indexed again has another: nothing kept can be stale, however many
 * instances there are.
 */
@Injectable()
export class FacetCache {
  readonly #store: Store;
  #entries = new Map<number, Entry>();
  #values: (Value | undefined)[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Narrows hits by the filters. A facet's counts leave its own filter out: a hit that fails one filter alone counts for
   * the values of that facet, so that they say what another choice would give.
   */
  async narrow(revisions: readonly number[], filter: FacetFilter): Promise<Narrowed> {
    await this.#load(revisions);
    const wanted = this.#wanted(filter);
    const counts = new Int32Array(this.#values.length);
    const products: Narrowed['products'] = [];
    for (const revision of revisions) {
      const entry = this.#entries.get(revision);
      if (entry === undefined) continue;
      const failed = wanted.filter(({ id }) => !entry.facets.includes(id));
      if (failed.length === 0) products.push({ product: entry.product, revision });
      if (failed.length > 1) continue;
      const only = failed[0]?.facet;
      for (const id of entry.facets)
        if (only === undefined || this.#values[id]?.facet === only) counts[id]! += 1;
    }
    return { products, facets: this.#shown(counts) };
  }

  #wanted(filter: FacetFilter): { facet: Facet; id: number }[] {
    return FACETS.flatMap((facet) => {
      const value = filter[facet];
      if (value === undefined) return [];
      const id = this.#values.findIndex((one) => one?.facet === facet && one.value === value);
      return [{ facet, id }];
    });
  }

  #shown(counts: Int32Array): FacetCounts {
    const rows = this.#values.flatMap((value, id) =>
      value === undefined ? [] : [{ ...value, count: counts[id] ?? 0 }],
    );
    return countsOf(rows);
  }

  async #load(revisions: readonly number[]): Promise<void> {
    if (this.#entries.size > MOST_ENTRIES) this.#entries = new Map();
    const missing = revisions.filter((revision) => !this.#entries.has(revision));
    if (missing.length === 0) return;
    const rows = await this.#store.reader.query<(Entry & { revision: number })[]>(
      'SELECT revision, product, facets FROM product_search WHERE revision = ANY($1)',
      [missing],
    );
    const isNew = (id: number) => this.#values[id] === undefined;
    if (rows.some(({ facets }) => facets.some(isNew))) await this.#loadValues();
    for (const { revision, product, facets } of rows)
      this.#entries.set(revision, { product, facets });
  }

  // A value's number never means another.
  async #loadValues(): Promise<void> {
    const rows = await this.#store.reader.query<(Value & { id: number })[]>(
      'SELECT id, facet, value FROM product_facet',
    );
    for (const { id, facet, value } of rows) this.#values[id] = { facet, value };
  }
}
