import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Documented } from '../http/documented.js';
import { ProductHealth } from './product-health.js';
import { findingsBody, findingsQuery, healthBody } from './shapes.js';
import type { FindingsBody, FindingsQuery, HealthBody } from './shapes.js';
import { Standing } from './standing.js';

/** What is found and measured: sent by those who measure, read by everybody who is signed in. */
@Controller('v1/products/:id')
export class ProductHealthController {
  readonly #standing: Standing;
  readonly #health: ProductHealth;

  constructor(standing: Standing, health: ProductHealth) {
    this.#standing = standing;
    this.#health = health;
  }

  @Documented({ summary: 'The monitor tells what it found', body: findingsBody })
  @Allow('sub:svc-monitor')
  @Post('findings')
  @HttpCode(200)
  found(@Param('id') id: string, @Body(body(findingsBody)) given: FindingsBody) {
    return this.#standing.found(id, given);
  }

  @Documented({
    summary: 'The monitor, or the publishing domain, tells its numbers',
    body: healthBody,
  })
  @Allow('sub:svc-monitor', 'kind:domain')
  @Post('health')
  @HttpCode(200)
  async measured(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(healthBody)) given: HealthBody,
  ) {
    await this.#standing.measured(caller, id, given);
    return {};
  }

  @Documented({ summary: 'How a product stands: marks, numbers, newest findings' })
  @Allow('*')
  @Get('health')
  shown(@Param('id') id: string) {
    return this.#health.shown(id);
  }

  @Documented({ summary: 'Records that should not be there, newest first', query: findingsQuery })
  @Allow('*')
  @Get('findings')
  findings(@Param('id') id: string, @Query(body(findingsQuery)) query: FindingsQuery) {
    return this.#health.findings(id, query);
  }
}
