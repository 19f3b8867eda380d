import { Allow, body } from '@caremesh/platform';
import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Documented } from '../http/documented.js';
import { Organisations } from './organisations.js';
import { onQuery, organisationQuery } from './shapes.js';
import type { OrganisationQuery } from './shapes.js';

@Allow('*')
@Controller('v1/organisations')
export class OrganisationsController {
  readonly #organisations: Organisations;

  constructor(organisations: Organisations) {
    this.#organisations = organisations;
  }

  @Documented({ summary: 'Find organisations by name or ODS code', query: organisationQuery })
  @Get()
  list(@Query(body(organisationQuery)) query: OrganisationQuery) {
    return this.#organisations.list(query);
  }

  @Documented({ summary: 'One organisation, and where it stands on a day', query: onQuery })
  @Get(':ods')
  show(@Param('ods') ods: string, @Query(body(onQuery)) { on }: z.output<typeof onQuery>) {
    return this.#organisations.show(ods, on);
  }
}
