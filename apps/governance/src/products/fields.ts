import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { Store } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { pageOf, positionOf } from '../http/page.js';
import { FieldSearch } from '../search/field-search.js';
import { assertKnown } from './known.js';
import type { FieldQuery } from './shapes.js';

/** Fields of all products, as their newest contracts describe them. */
@Injectable()
export class Fields {
  readonly #store: Store;
  readonly #search: FieldSearch;

  constructor(store: Store, search: FieldSearch) {
    this.#store = store;
    this.#search = search;
  }

  /** One page of fields: those named by the words first, then those described by them. */
  async list({ cursor, limit, ...question }: FieldQuery) {
    const position = positionOf(cursor, 'number', 'text', 'number');
    const after = position ? afterOf(position) : null;
    const found = await this.#search.find({ ...question, after, limit: limit + 1 });
    return pageOf(
      found,
      limit,
      ({ tier, product, position: at }) => [String(tier), product, String(at)],
      ({ product, promise }) => ({ product, ...promise }),
    );
  }

  /** The same of one product. Throws MESH-3011. */
  async ofProduct(product: string, query: Omit<FieldQuery, 'product' | 'domain'>) {
    await assertKnown(this.#store.reader, product);
    return this.list({ ...query, product });
  }
}

/** Throws MESH-3021 for a cursor of another list. */
function afterOf([tier = '', product = '', position = '']: string[]) {
  if (!/^[01]$/.test(tier) || !/^\d{1,6}$/.test(position)) {
    throw problem(governanceErrors.badCursor);
  }
  return { tier: Number(tier), product, position: Number(position) };
}
