import { Allow, body } from '@caremesh/platform';
import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Documented } from '../http/documented.js';
import { ProductDocuments } from './product-documents.js';
import { ProductVersions } from './product-versions.js';
import { odcsQuery } from './shapes.js';

const TYPES = {
  odcs: 'application/yaml',
  odps: 'application/json',
  asyncapi: 'application/vnd.aai.asyncapi+json',
  dcat: 'application/ld+json',
};

/** Products as documents that tools of other standards read. */
@Allow('*')
@Controller('v1/products/:id')
export class DocumentsController {
  readonly #documents: ProductDocuments;
  readonly #versions: ProductVersions;

  constructor(documents: ProductDocuments, versions: ProductVersions) {
    this.#documents = documents;
    this.#versions = versions;
  }

  @Documented({ summary: 'The contract itself (ODCS)', query: odcsQuery, produces: TYPES.odcs })
  @Header('content-type', TYPES.odcs)
  @Get('odcs')
  odcs(@Param('id') id: string, @Query(body(odcsQuery)) { major }: z.output<typeof odcsQuery>) {
    return this.#versions.contractText(id, major);
  }

  @Documented({ summary: 'The product in ODPS 1.0.0', produces: TYPES.odps })
  @Header('content-type', TYPES.odps)
  @Get('odps')
  odps(@Param('id') id: string) {
    return this.#documents.write('odps', id);
  }

  @Documented({ summary: 'The product in AsyncAPI 3.0.0', produces: TYPES.asyncapi })
  @Header('content-type', TYPES.asyncapi)
  @Get('asyncapi')
  asyncApi(@Param('id') id: string) {
    return this.#documents.write('asyncapi', id);
  }

  @Documented({ summary: 'The product as a DCAT-AP dataset in JSON-LD', produces: TYPES.dcat })
  @Header('content-type', TYPES.dcat)
  @Get('dcat')
  dcat(@Param('id') id: string) {
    return this.#documents.write('dcat', id);
  }
}
