import { lineageOf, names } from '@caremesh/contract';
import type { FieldPromise } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { Store } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { GrantEntity } from '../grants/grant.entity.js';
import { LIVE_STATES } from '../grants/lifecycle.js';
import { GrantStore } from '../grants/grant-store.js';
import { ProductEntity, ProductMajorEntity } from './product.entity.js';

/** What feeds a product, and what it feeds, down to fields. */
@Injectable()
export class Lineage {
  readonly #store: Store;
  readonly #grants: GrantStore;

  constructor(store: Store, grants: GrantStore) {
    this.#store = store;
    this.#grants = grants;
  }

  /**
   * Both directions from one product. Views are named to those who may see their grant; of the others it is said how
   * many there are. Throws MESH-3011.
   */
  async of(caller: Caller, id: string) {
    const product = await this.#store.reader.findOneBy(ProductEntity, { id });
    if (!product) throw problem(governanceErrors.productNotFound);
    return {
      product: id,
      version: product.contract.version,
      upstream: lineageOf(product.contract),
      downstream: { fields: await this.#madeFrom(id), views: await this.#views(caller, id) },
    };
  }

  /** Fields of other products that are made from this one. */
  async #madeFrom(id: string) {
    const majors = await this.#store.reader.findBy(ProductMajorEntity, { product: id });
    const rows = await this.#store.reader.query<{ product: string; promise: FieldPromise }[]>(
      `SELECT product, promise FROM product_field WHERE source_product && $1::text[] ORDER BY product, position`,
      [majors.map(({ major }) => names.productTopic(id, major))],
    );
    return rows.flatMap(({ product, promise }) =>
      lineageOf({ standards: [], fields: [promise] }).flatMap(({ field, from }) =>
        from.kind === 'product' && from.product === id
          ? [{ product, field, from: { major: from.major, field: from.field } }]
          : [],
      ),
    );
  }

  async #views(caller: Caller, product: string) {
    const reads = `g.state = ANY(:standing) AND EXISTS (
      SELECT 1 FROM grant_product p WHERE p.grant_id = g.id AND p.product = :product)`;
    const given = { product, standing: LIVE_STATES };
    const seen = this.#grants.visibleTo(caller).andWhere(reads, given).orderBy('g.id');
    const whole = await this.#grants.complete(await seen.getMany());
    const all = await this.#store.reader
      .createQueryBuilder(GrantEntity, 'g')
      .where(reads, given)
      .getCount();
    const items = whole.flatMap(({ grant, products }) =>
      products
        .filter((one) => one.product === product)
        .map(({ major, topic, fields }) => {
          const { id, kind, state, organisation, purpose } = grant;
          return { grant: id, kind, state, organisation, purpose, major, topic, fields };
        }),
    );
    return { items, others: all - whole.length };
  }
}
