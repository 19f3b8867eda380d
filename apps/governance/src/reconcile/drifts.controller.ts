import { Allow, body } from '@caremesh/platform';
import { Controller, Get, Query } from '@nestjs/common';
import { Documented } from '../http/documented.js';
import { Drifts } from './drifts.js';
import { driftQuery } from './shapes.js';
import type { DriftQuery } from './shapes.js';

/** What was found to differ from what was decided. Names principals, so it is for those who look after the mesh. */
@Controller('v1/drift')
export class DriftsController {
  readonly #drifts: Drifts;

  constructor(drifts: Drifts) {
    this.#drifts = drifts;
  }

  @Documented({
    summary: 'Differences from what was decided, newest first',
    query: driftQuery,
  })
  @Allow('governance-lead', 'ig-lead', 'caldicott-guardian', 'auditor', 'administrator', 'owner')
  @Get()
  list(@Query(body(driftQuery)) query: DriftQuery) {
    return this.#drifts.list(query);
  }
}
