import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Documented } from '../http/documented.js';
import { ProductHealth } from '../health/product-health.js';
import { RetentionExtensions } from '../retention/extensions.js';
import { ApprovedSchemas } from './approved-schemas.js';
import { Catalogue } from './catalogue.js';
import { Fields } from './fields.js';
import { Lineage } from './lineage.js';
import { ProductVersions } from './product-versions.js';
import {
  changelogQuery,
  fieldQuery,
  productFieldQuery,
  productQuery,
  topicQuery,
} from './shapes.js';
import type { ChangelogQuery, FieldQuery, ProductQuery } from './shapes.js';

/** The catalogue: metadata is open to everybody who is signed in, data to nobody without a grant. */
@Allow('*')
@Controller('v1')
export class ProductsController {
  readonly #catalogue: Catalogue;
  readonly #versions: ProductVersions;
  readonly #fields: Fields;
  readonly #lineage: Lineage;
  readonly #approved: ApprovedSchemas;
  readonly #health: ProductHealth;
  readonly #extensions: RetentionExtensions;

  constructor(
    catalogue: Catalogue,
    versions: ProductVersions,
    fields: Fields,
    lineage: Lineage,
    approved: ApprovedSchemas,
    health: ProductHealth,
    extensions: RetentionExtensions,
  ) {
    this.#health = health;
    this.#extensions = extensions;
    this.#catalogue = catalogue;
    this.#versions = versions;
    this.#fields = fields;
    this.#lineage = lineage;
    this.#approved = approved;
  }

  @Documented({ summary: 'Find products by words and facets', query: productQuery })
  @Get('products')
  async list(@Query(body(productQuery)) query: ProductQuery) {
    const found = await this.#catalogue.list(query);
    const marks = await this.#health.marks(found.items.map(({ id }) => id));
    return { ...found, items: found.items.map((one) => ({ ...one, ...marks.get(one.id) })) };
  }

  @Documented({ summary: 'One product with its majors, versions and fields' })
  @Get('products/:id')
  async show(@Param('id') id: string) {
    const shown = await this.#catalogue.show(id);
    const retentionHold = await this.#extensions.hold(id);
    return { ...shown, ...(await this.#health.of(id)), retentionHold };
  }

  @Documented({ summary: 'One decided version: what it promises, who decided it, what it changed' })
  @Get('products/:id/versions/:version')
  version(@Param('id') id: string, @Param('version') version: string) {
    return this.#versions.show(id, version);
  }

  @Documented({
    summary: 'What each version changed, in words, newest first',
    query: changelogQuery,
  })
  @Get('products/:id/changelog')
  changelog(@Param('id') id: string, @Query(body(changelogQuery)) query: ChangelogQuery) {
    return this.#versions.changelog(id, query);
  }

  @Documented({ summary: 'The fields of a product', query: productFieldQuery })
  @Get('products/:id/fields')
  fieldsOf(
    @Param('id') id: string,
    @Query(body(productFieldQuery)) query: z.output<typeof productFieldQuery>,
  ) {
    return this.#fields.ofProduct(id, query);
  }

  @Documented({ summary: 'What feeds a product and what it feeds, down to fields' })
  @Get('products/:id/lineage')
  lineage(@CallerOf() caller: Caller, @Param('id') id: string) {
    return this.#lineage.of(caller, id);
  }

  @Documented({ summary: 'Find fields of all products', query: fieldQuery })
  @Get('fields')
  fields(@Query(body(fieldQuery)) query: FieldQuery) {
    return this.#fields.list(query);
  }

  @Documented({ summary: 'The files of an approved version' })
  @Get('versions/:contentHash/files')
  files(@Param('contentHash') contentHash: string) {
    return this.#catalogue.files(contentHash);
  }

  @Documented({ summary: 'The schema ids that records on a topic may carry', query: topicQuery })
  @Get('approved-schemas')
  async approved(@Query(body(topicQuery)) query: z.output<typeof topicQuery>) {
    return { items: await this.#approved.on(query.topic), next: null };
  }
}
