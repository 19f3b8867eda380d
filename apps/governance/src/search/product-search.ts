import type { DataContract } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import { Store } from '../database/store.js';
import { FacetCache } from './facet-cache.js';
import { FACETS, countsOf } from './facets.js';
import type { FacetCounts, FacetFilter } from './facets.js';
import { Questions } from './questions.js';
import type { Question } from './questions.js';
import { topOf } from './top.js';
import type { Reading, Strictness } from './words.js';

/** A question to the catalogue: words, filters, and the place after which to go on. */
export type ProductQuestion = {
  q?: string | undefined;
  filter: FacetFilter;
  after: { rank: number; product: string; strictness: Strictness } | null;
  limit: number;
};

type Summary = Omit<DataContract, 'fields'>;

/** A product that was found: its contract without the fields. `rank` is comparable within one question only. */
type Found = { product: string; rank: number; summary: Summary };

export type ProductAnswer = {
  found: Found[];
  total: number;
  facets: FacetCounts;
  /** Words that the catalogue does not have, with those that were taken for them. */
  readAs: Reading[];
  strictness: Strictness;
};

type Hits = { revisions: number[] | null; ranks: ReadonlyMap<number, number> };
type Ranked = { revisions: number[] | null; ranks: number[] | null };

/**
 * Finds products. Every word has to occur, as it stands, as a beginning, misspelt or as a synonym; where nothing has
 * them all, those with some are given and it is said. A facet's counts leave its own filter out, so that they say what
 * another choice would give.
 */
@Injectable()
export class ProductSearch {
  readonly #store: Store;
  readonly #questions: Questions;
  readonly #facets: FacetCache;

  constructor(store: Store, questions: Questions, facets: FacetCache) {
    this.#store = store;
    this.#questions = questions;
    this.#facets = facets;
  }

  async find(asked: ProductQuestion): Promise<ProductAnswer> {
    const strictness = asked.after?.strictness ?? 'all';
    const question = await this.#questions.read(asked.q ?? '', strictness);
    const isFiltered = FACETS.some((facet) => asked.filter[facet] !== undefined);
    if (question.tsquery === null && !isFiltered) return this.#everything(asked);
    const hits = await this.#hits(question.tsquery);
    if (!hits.revisions && strictness === 'all' && question.readings.length > 1) {
      const some = await this.#questions.read(asked.q ?? '', 'some');
      return this.#answer(asked, some, await this.#hits(some.tsquery), 'some');
    }
    return this.#answer(asked, question, hits, strictness);
  }

  async #answer(
    { filter, after, limit }: ProductQuestion,
    { readings }: Question,
    { revisions, ranks }: Hits,
    strictness: Strictness,
  ): Promise<ProductAnswer> {
    const { products, facets } = await this.#facets.narrow(revisions ?? [], filter);
    const ranked = products.map(({ product, revision }) => ({
      product,
      rank: ranks.get(revision) ?? 0,
    }));
    const rest = after === null ? ranked : ranked.filter((one) => inOrder(after, one) < 0);
    const found = await this.#withSummaries(topOf(rest, limit, inOrder));
    return { found, total: products.length, facets, readAs: readAs(readings), strictness };
  }

  /** The list without a question: by id, its counts kept as products are published, so it costs the same at any size. */
  async #everything({ after, limit }: ProductQuestion): Promise<ProductAnswer> {
    const found = await this.#store.reader.query<Found[]>(
      `SELECT product, 0 AS rank, summary FROM product_search
        WHERE product > $1 AND indexed_as >= 0 ORDER BY product LIMIT $2`,
      [after?.product ?? '', limit],
    );
    const counts = await this.#store.reader.query<
      { facet: string; value: string; count: number }[]
    >('SELECT facet, value, products AS count FROM product_facet WHERE products > 0');
    const ofDomains = counts.filter(({ facet }) => facet === 'domain');
    const total = ofDomains.reduce((sum, { count }) => sum + count, 0);
    return { found, total, facets: countsOf(counts), readAs: [], strictness: 'all' };
  }

  /**
   * What the words find, or everything. The rank looks at the heading, which is short and held by few: reading every
   * field's words would take longest. Hits and ranks are asked for side by side.
   */
  async #hits(tsquery: string | null): Promise<Hits> {
    if (tsquery === null) {
      const [hits] = await this.#store.reader.query<[Pick<Hits, 'revisions'>]>(EVERYTHING);
      return { ...hits, ranks: NO_RANKS };
    }
    const [[hits], [ranked]] = await this.#store.sideBySide(
      (em) => em.query<[Pick<Hits, 'revisions'>]>(HITS, [tsquery]),
      (em) => em.query<[Ranked]>(RANKS, [tsquery]),
    );
    const { revisions, ranks } = ranked;
    return { ...hits, ranks: new Map(revisions?.map((one, at) => [one, ranks?.[at] ?? 0])) };
  }

  async #withSummaries(page: readonly Omit<Found, 'summary'>[]): Promise<Found[]> {
    const rows = await this.#store.reader.query<{ product: string; summary: Summary }[]>(
      'SELECT product, summary FROM product_search WHERE product = ANY($1)',
      [page.map(({ product }) => product)],
    );
    const summaries = new Map(rows.map(({ product, summary }) => [product, summary]));
    return page.flatMap((one) => {
      const summary = summaries.get(one.product);
      return summary === undefined ? [] : [{ ...one, summary }];
    });
  }
}

/** Best first, then by id. */
function inOrder(
  one: { rank: number; product: string },
  other: { rank: number; product: string },
): number {
  if (one.rank !== other.rank) return other.rank - one.rank;
  return one.product < other.product ? -1 : Number(one.product > other.product);
}

function readAs(readings: readonly Reading[]): Reading[] {
  return readings.filter(({ meant }) => meant.length > 0);
}

// Rows that wait to be indexed have no words.
const HITS = 'SELECT product_hits($1::tsquery) AS revisions';
const RANKS = 'SELECT revisions, ranks FROM product_ranks($1::tsquery)';
const EVERYTHING =
  'SELECT json_agg(revision) AS revisions FROM product_search WHERE indexed_as >= 0';
const NO_RANKS: Hits['ranks'] = new Map();
