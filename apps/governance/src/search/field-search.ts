import type { FieldPromise } from '@caremesh/contract';
import { Injectable } from '@nestjs/common';
import { Store } from '../database/store.js';
import { Questions } from './questions.js';

/** Fields asked for. A filter that is not given does not narrow. */
export type FieldQuestion = {
  q?: string | undefined;
  product?: string | undefined;
  domain?: string | undefined;
  classification?: string | undefined;
  role?: string | undefined;
  codeSystem?: string | undefined;
  /** `tier` 0: the words are in name or title. 1: in what is said about the field. */
  after: { tier: number; product: string; position: number } | null;
  limit: number;
};

export type FoundField = { tier: number; product: string; position: number; promise: FieldPromise };

const FILTERS = [
  ['product', 'product'],
  ['domain', 'domain'],
  ['classification', 'classification'],
  ['role', 'role'],
  ['codeSystem', 'code_system'],
] as const;

/**
 * Finds fields of products as their newest contract describes them: those named so first, then those that are described
 * so, each by product and in the contract's order.
 */
@Injectable()
export class FieldSearch {
  readonly #store: Store;
  readonly #questions: Questions;

  constructor(store: Store, questions: Questions) {
    this.#store = store;
    this.#questions = questions;
  }

  async find(question: FieldQuestion): Promise<FoundField[]> {
    const { tsquery: words, readings } = await this.#questions.read(question.q ?? '');
    const tier = question.after?.tier ?? 0;
    const ask = (at: 0 | 1, asked: FieldQuestion) =>
      this.#tier(at, words, asked, words !== null && readings.length > 1);
    const named = tier > 0 ? [] : await ask(0, question);
    const missing = question.limit - named.length;
    if (missing === 0 || words === null) return named;
    const after = tier > 0 ? question.after : null;
    return [...named, ...(await ask(1, { ...question, after, limit: missing }))];
  }

  /**
   * One statement for each tier and set of filters, so that the planner sees which of its indexes fits. One word may be
   * in every other field: the first fields in order are then soonest found by going through them. Several words are
   * seldom in one field: going through them would look at all, which the planner takes for cheaper than it is.
   */
  async #tier(
    tier: 0 | 1,
    words: string | null,
    question: FieldQuestion,
    byWords: boolean,
  ): Promise<FoundField[]> {
    const values: unknown[] = [];
    const value = (given: unknown) => `$${values.push(given)}`;
    const conditions = FILTERS.flatMap(([name, column]) =>
      question[name] === undefined ? [] : [`${column} = ${value(question[name])}`],
    );
    if (words !== null) {
      const query = `${value(words)}::tsquery`;
      conditions.push(
        tier === 0 ? `heading @@ ${query}` : `document @@ ${query} AND NOT heading @@ ${query}`,
      );
    }
    if (question.after !== null) {
      const { product, position } = question.after;
      conditions.push(`(product, position) > (${value(product)}, ${value(position)}::integer)`);
    }
    const sql = `SELECT ${tier} AS tier, product, position, promise FROM product_field
        ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
        ORDER BY product, position LIMIT ${value(question.limit)}`;
    if (!byWords) return this.#store.reader.query<FoundField[]>(sql, values);
    return this.#store.transaction(async (em) => {
      await em.query('SET LOCAL enable_indexscan = off');
      await em.query('SET LOCAL enable_seqscan = off');
      return em.query<FoundField[]>(sql, values);
    });
  }
}
