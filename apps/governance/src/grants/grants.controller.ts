import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { reasonBody } from '../decisions/shapes.js';
import type { ReasonBody } from '../decisions/shapes.js';
import { Documented } from '../http/documented.js';
import { AccessHistory } from './access-history.js';
import { GrantDecisions } from './grant-decisions.js';
import { Grants } from './grants.js';
import { accessQuery, grantDecisionBody, grantQuery } from './shapes.js';
import type { AccessQuery, GrantDecisionBody, GrantQuery } from './shapes.js';

/** Grants: decided by people, seen by those concerned. */
@Controller('v1')
export class GrantsController {
  readonly #grants: Grants;
  readonly #decisions: GrantDecisions;
  readonly #history: AccessHistory;

  constructor(grants: Grants, decisions: GrantDecisions, history: AccessHistory) {
    this.#grants = grants;
    this.#decisions = decisions;
    this.#history = history;
  }

  @Documented({ summary: 'Grants the caller may see, newest first', query: grantQuery })
  @Allow('kind:user', 'kind:service')
  @Get('grants')
  list(@CallerOf() caller: Caller, @Query(body(grantQuery)) query: GrantQuery) {
    return this.#grants.list(caller, query);
  }

  @Documented({ summary: 'One grant with its topics and timeline' })
  @Allow('kind:user', 'kind:service')
  @Get('grants/:id')
  show(@CallerOf() caller: Caller, @Param('id') id: string) {
    return this.#grants.show(caller, id);
  }

  @Documented({
    summary:
      'Approve (also a later end), refuse, ask for changes, revoke (also by its requester), suspend or renew',
    body: grantDecisionBody,
  })
  @Allow('kind:user')
  @Post('grants/:id/decisions')
  @HttpCode(200)
  async decide(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(grantDecisionBody)) given: GrantDecisionBody,
  ) {
    await this.#decisions.decide(caller, id, given);
    return this.#grants.show(caller, id);
  }

  @Documented({ summary: 'Take a request, or a later end that waits, back', body: reasonBody })
  @Allow('kind:user')
  @Post('grants/:id/withdraw')
  @HttpCode(200)
  withdraw(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(reasonBody)) given: ReasonBody,
  ) {
    return this.#grants.withdraw(caller, id, given.reason);
  }

  @Documented({
    summary: 'Who could read a product on a day, on whose authority',
    query: accessQuery,
  })
  @Allow('auditor', 'governance-lead', 'ig-lead', 'caldicott-guardian', 'administrator', 'owner')
  @Get('audit/access')
  access(@CallerOf() caller: Caller, @Query(body(accessQuery)) query: AccessQuery) {
    return this.#history.on(caller, query);
  }
}
