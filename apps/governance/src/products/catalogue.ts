import { compareVersions, names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { Store } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { pageOf, positionOf } from '../http/page.js';
import { DECIDED, LIVE } from '../proposals/lifecycle.js';
import { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';
import { waiversOn } from '../waivers/in-force.js';
import { describeMajor, describeProduct } from './describe.js';
import { ProductEntity, ProductMajorEntity } from './product.entity.js';
import { ProductSearch } from '../search/product-search.js';
import { SearchIndex } from '../search/search-index.js';
import type { ProductQuery } from './shapes.js';

/** The products of the mesh: found by anybody who is signed in, as metadata alone. */
@Injectable()
export class Catalogue {
  readonly #store: Store;
  readonly #index: SearchIndex;
  readonly #search: ProductSearch;

  constructor(store: Store, index: SearchIndex, search: ProductSearch) {
    this.#store = store;
    this.#index = index;
    this.#search = search;
  }

  /**
   * Shows a version that has just been published, in the transaction that says so. The major is shown as its newest version has
   * it: two that were decided one after the other may be carried out the other way round.
   */
  async publish(em: EntityManager, { product, major }: ProposalEntity): Promise<void> {
    const { contentHash } = await newestOf(em, product, major);
    const { contract } = await em.findOneByOrFail(VersionContentEntity, { contentHash });
    const topic = names.productTopic(product, major);
    const isSecondary = contract.purposes.some((purpose) => purpose !== 'individual-care');
    const held = await em.findOneBy(ProductMajorEntity, { product, major });
    await em.save(ProductMajorEntity, {
      product,
      major,
      topic,
      // An edition that was published stays, whatever a later version allows.
      secondaryTopic:
        held?.secondaryTopic ?? (isSecondary ? names.secondaryTopic(product, major) : null),
      status: held?.status ?? 'published',
      latestHash: contentHash,
    });
    const majors = await em.findBy(ProductMajorEntity, { product });
    if (majors.every((other) => other.major <= major)) {
      await em.save(ProductEntity, {
        id: product,
        domain: contract.domain,
        name: contract.name,
        contract,
        purposes: contract.purposes,
        standards: contract.standards.map(({ id }) => id),
        careSettings: contract.careSetting,
      } as never);
    }
    await this.#index.refresh(em, product);
  }

  /**
   * One page of products, those that fit the words best first, with the counts of every facet. Without words they come
   * by id. `readAs` names words that nothing has, and what was taken for them; `matched` is "some" where no product has
   * all the words.
   */
  async list({ q, cursor, limit, ...filter }: ProductQuery) {
    const position = positionOf(cursor, 'number', 'text', 'text');
    const after = position ? afterOf(position) : null;
    const answer = await this.#search.find({ q, filter, after, limit: limit + 1 });
    const page = pageOf(
      answer.found,
      limit,
      ({ rank, product }) => [String(rank), product, answer.strictness],
      (found) => found,
    );
    const majors = await this.#majors(page.items.map(({ product }) => product));
    return {
      items: page.items.map(({ product: id, summary: contract }) => {
        const { domain, name } = contract;
        return { ...describeProduct({ id, domain, name, contract }), ...majors(id) };
      }),
      next: page.next,
      total: answer.total,
      facets: answer.facets,
      readAs: answer.readAs,
      matched: answer.strictness,
    };
  }

  /** One product with its versions and fields. Throws MESH-3011. */
  async show(id: string) {
    const product = await this.#store.reader.findOneBy(ProductEntity, { id });
    if (!product) throw problem(governanceErrors.productNotFound);
    const majors = await this.#majors([id]);
    return { ...describeProduct(product), ...majors(id), fields: product.contract.fields };
  }

  /** The files of an approved version, by their hash. Throws MESH-3012. */
  async files(contentHash: string) {
    const em = this.#store.reader;
    const decided = await em.findOneBy(ProposalEntity, { contentHash, state: In([...DECIDED]) });
    const content = await em.findOneBy(VersionContentEntity, { contentHash });
    if (!decided || !content) throw problem(governanceErrors.versionNotFound);
    const { product, version, state } = decided;
    return { contentHash, product, version, state, files: content.files };
  }

  // Majors with waivers in force; what a list shows of a version, without the checks and changes that make most of a proposal.
  async #majors(ids: readonly string[]) {
    const product = In([...ids]);
    const [majors, versions, waivers] = await this.#store.sideBySide(
      (em) => em.find(ProductMajorEntity, { where: { product }, order: { major: 'ASC' } }),
      (em) =>
        em.find(ProposalEntity, {
          select: VERSION_COLUMNS,
          where: { product, state: In([...DECIDED, 'failed']) },
        }),
      (em) => waiversOn(em, ids),
    );
    versions.sort((a, b) => compareVersions(a.version, b.version));
    return (id: string) => ({
      waivers: waivers.get(id) ?? [],
      majors: majors
        .filter((major) => major.product === id)
        .map((major) =>
          describeMajor(
            major,
            versions.filter((one) => one.product === id && one.major === major.major),
          ),
        ),
    });
  }
}

/** The newest version of a major that is published. */
async function newestOf(em: EntityManager, product: string, major: number) {
  const published = await em.find(ProposalEntity, {
    select: { id: true, version: true, contentHash: true },
    where: { product, major, state: In([...LIVE]) },
  });
  return published.sort((a, b) => compareVersions(a.version, b.version)).at(-1)!;
}

const VERSION_COLUMNS = {
  id: true,
  product: true,
  version: true,
  major: true,
  state: true,
  schemaId: true,
  secondarySchemaId: true,
  contentHash: true,
  decidedBy: true,
  decidedAt: true,
  publishedAt: true,
} as const;

/** Throws MESH-3021 for a cursor of another list. */
function afterOf([rank = '', product = '', strictness = '']: string[]) {
  if (!/^\d{1,9}$/.test(rank) || (strictness !== 'all' && strictness !== 'some')) {
    throw problem(governanceErrors.badCursor);
  }
  return { rank: Number(rank), product, strictness } as const;
}
