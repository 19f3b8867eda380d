import { names } from '@caremesh/contract';
import type { DataContract, FieldPromise } from '@caremesh/contract';
import { Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { Store, turn } from '../database/store.js';
import { ProductEntity, ProductMajorEntity } from '../products/product.entity.js';
import { LOGGER } from '../settings.js';
import { fieldDocument, productDocument } from './document.js';
import type { Weighted } from './document.js';
import { facetsOf } from './facets.js';
import type { Facet } from './facets.js';

/** Raised when what is written here changes: every product is then indexed again, beside everything else. */
const INDEXED_AS = 2;
const EVERY_MS = 5_000;
// Facet values of all of them are held while they are written: a publication waits for that long.
const BATCH = 50;
const SHORTEST_WORD = 3;
const LONGEST_WORD = 40;

/**
 * Keeps what the catalogue is searched by in step with the catalogue: written in the transaction that changes it, in
 * time that grows with the product and not with the catalogue.
 */
@Injectable()
export class SearchIndex implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: Store;
  readonly #work: Repeated;

  constructor(store: Store, @Inject(LOGGER) log: Logger) {
    this.#store = store;
    const run = async () => {
      const indexed = await this.catchUp();
      if (indexed > 0) log.info({ products: indexed }, 'indexed for search');
      if (indexed === BATCH) this.#work.wake();
    };
    this.#work = new Repeated({ name: 'search-index', everyMs: EVERY_MS, log, run });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.#work.stop();
  }

  /**
   * Indexes some of what an earlier release indexed, or nothing did, or what changed since, beside everything else: a
   * start does not wait for it. Answers how many; none where another instance is at it.
   */
  async catchUp(): Promise<number> {
    const indexed = await this.#store.exclusively('search-index', async () => {
      const rows = await this.#store.reader.query<{ id: string }[]>(
        'SELECT product AS id FROM product_search WHERE indexed_as < $1 ORDER BY indexed_as LIMIT $2',
        [INDEXED_AS, BATCH],
      );
      const products = rows.map(({ id }) => id);
      await this.#store.transaction((em) => this.#refreshAll(em, products));
      return products.length;
    });
    return indexed ?? 0;
  }

  /** Indexes a product as the catalogue holds it in this transaction: to be called whenever that changes. */
  refresh(em: EntityManager, product: string): Promise<void> {
    return this.#refreshAll(em, [product]);
  }

  // Everything is held in one order (products, then facet values, then words), so that no two writers wait in a circle.
  async #refreshAll(em: EntityManager, products: readonly string[]): Promise<void> {
    if (products.length === 0) return;
    for (const product of [...products].sort()) await turn(em, `search:${product}`);
    const entities = await em.findBy(ProductEntity, { id: In([...products]) });
    const majors = await em.findBy(ProductMajorEntity, { product: In([...products]) });
    const given = entities.map(({ id, contract }) => {
      const statuses = majors.filter(({ product }) => product === id).map(({ status }) => status);
      return { product: id, contract, facets: facetsOf(contract, statuses) };
    });
    const facets = await countFacets(em, given);
    const rows = given.map(({ product, contract }) => ({
      product,
      facets: facets.get(product) ?? [],
      summary: { ...contract, fields: undefined },
      ...productDocument(contract),
    }));
    await writeProducts(em, rows);
    await writeFields(em, given);
    await learnWords(em, rows);
  }
}

type Given = { product: string; contract: DataContract; facets: { facet: Facet; value: string }[] };
type Row = { product: string; facets: number[]; summary: object } & Weighted;

/**
 * Gives the numbers of the products' facet values and counts the products in them, no longer in those they had. All are
 * held in the order of their numbers first. Answers the numbers of each product.
 */
async function countFacets(
  em: EntityManager,
  given: readonly Given[],
): Promise<Map<string, number[]>> {
  const wanted = given.flatMap(({ product, facets }) => facets.map((one) => ({ product, ...one })));
  const values = [wanted.map(({ facet }) => facet), wanted.map(({ value }) => value)];
  await em.query(
    `INSERT INTO product_facet (facet, value)
     SELECT DISTINCT facet, value FROM unnest($1::text[], $2::text[]) AS given(facet, value)
      WHERE NOT EXISTS (SELECT 1 FROM product_facet held
                         WHERE held.facet = given.facet AND held.value = given.value)
      ORDER BY facet, value ON CONFLICT DO NOTHING`,
    values,
  );
  const products = given.map(({ product }) => product);
  const before = await em.query<{ product: string; facets: number[] }[]>(
    'SELECT product, facets FROM product_search WHERE product = ANY($1)',
    [products],
  );
  const rows = await em.query<{ id: number; facet: Facet; value: string }[]>(
    `SELECT id, facet, value FROM product_facet
      WHERE (facet, value) IN (SELECT * FROM unnest($1::text[], $2::text[])) OR id = ANY($3::integer[])
      ORDER BY id FOR UPDATE`,
    [...values, [...new Set(before.flatMap(({ facets }) => facets))]],
  );
  const ids = new Map(rows.map(({ id, facet, value }) => [JSON.stringify([facet, value]), id]));
  const now = given.map(({ product, facets }) => {
    const numbers = facets.map(({ facet, value }) => ids.get(JSON.stringify([facet, value])) ?? 0);
    return [product, numbers.sort((a, b) => a - b)] as const;
  });
  const changes = new Map<number, number>();
  const change = (id: number, by: number) => changes.set(id, (changes.get(id) ?? 0) + by);
  for (const { facets } of before) for (const id of facets) change(id, -1);
  for (const [, facets] of now) for (const id of facets) change(id, 1);
  const changed = [...changes].filter(([, by]) => by !== 0);
  await em.query(
    `UPDATE product_facet f SET products = f.products + by
       FROM unnest($1::integer[], $2::integer[]) AS changed(id, by) WHERE f.id = changed.id`,
    [changed.map(([id]) => id), changed.map(([, by]) => by)],
  );
  return new Map(now);
}

async function writeProducts(em: EntityManager, rows: readonly Row[]): Promise<void> {
  await em.query(
    `INSERT INTO product_search (product, indexed_as, facets, heading, document, summary)
     SELECT p.product, $1, ARRAY(SELECT jsonb_array_elements_text(p.facets)::integer), heading.words,
            heading.words || setweight(search_words(p.d), 'D'), p.summary
       FROM jsonb_to_recordset($2::jsonb)
              AS p(product text, facets jsonb, a text, b text, c text, d text, summary jsonb),
            LATERAL (SELECT setweight(search_words(p.a), 'A') || setweight(search_words(p.b), 'B')
                         || setweight(search_words(p.c), 'C') AS words) heading
     ON CONFLICT (product) DO UPDATE SET (indexed_as, facets, heading, document, summary, revision) =
       (EXCLUDED.indexed_as, EXCLUDED.facets, EXCLUDED.heading, EXCLUDED.document, EXCLUDED.summary,
        EXCLUDED.revision)`,
    [INDEXED_AS, JSON.stringify(rows)],
  );
}

async function writeFields(em: EntityManager, given: readonly Given[]): Promise<void> {
  await em.query('DELETE FROM product_field WHERE product = ANY($1)', [
    given.map(({ product }) => product),
  ]);
  const rows = given.flatMap(({ product, contract: { domain, fields } }) =>
    fields.map((field, position) => ({ product, domain, ...fieldRow(field, position) })),
  );
  await em.query(
    `INSERT INTO product_field (product, path, position, domain, classification, role, code_system,
                                source_product, promise, heading, document)
     SELECT f.product, f.path, f.position, f.domain, f.classification, f.role, f."codeSystem",
            ARRAY(SELECT jsonb_array_elements_text(f.sources)), f.promise,
            words.heading, words.heading || search_words(f.body)
       FROM jsonb_to_recordset($1::jsonb) AS f(product text, domain text, path text, position integer,
              classification text, role text, "codeSystem" text, sources jsonb, promise jsonb, heading text, body text),
            LATERAL (SELECT search_words(f.heading) AS heading) words`,
    [JSON.stringify(rows)],
  );
}

// Words as they were written, not their stems: that is what a typing error is compared with.
async function learnWords(em: EntityManager, rows: readonly Row[]): Promise<void> {
  const words = rows.flatMap(({ a, b, c, d }) => [a, b, c, d].join(' ').split(' '));
  const kept = [...new Set(words)].filter(
    ({ length }) => length >= SHORTEST_WORD && length <= LONGEST_WORD,
  );
  await em.query(
    `INSERT INTO search_word (word) SELECT word FROM unnest($1::text[]) AS given(word)
      WHERE NOT EXISTS (SELECT 1 FROM search_word held WHERE held.word = given.word)
      ORDER BY word ON CONFLICT DO NOTHING`,
    [kept],
  );
}

function fieldRow(field: FieldPromise, position: number) {
  const { heading, body } = fieldDocument(field);
  const sources = (field.sources ?? []).map((source) => source.split('#')[0] ?? '');
  return {
    path: field.path,
    position,
    classification: field.classification,
    role: field.role ?? null,
    codeSystem: field.codes?.system ?? null,
    sources: [...new Set(sources)].filter((topic) => names.parseTopic(topic)?.kind === 'product'),
    promise: field,
    heading,
    body,
  };
}
