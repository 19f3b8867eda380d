import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { DecidersGuard } from '../../cover/deciders.guard.js';
import { reasonBody } from '../../decisions/shapes.js';
import type { ReasonBody } from '../../decisions/shapes.js';
import { Documented } from '../../http/documented.js';
import { motionDecision } from '../../motions/shapes.js';
import type { MotionDecision } from '../../motions/shapes.js';
import { GroundRules } from './ground-rules.js';
import { groundRuleQuery, policyBody } from './shapes.js';
import type { GroundRuleQuery, PolicyBody } from './shapes.js';

/** The policy for grants: what a purpose demands of a request, and what is granted with nobody asked. One holds at a time. */
@Allow('*')
@Controller('v1/grant-policies')
export class GrantPoliciesController {
  readonly #rules: GroundRules;

  constructor(rules: GroundRules) {
    this.#rules = rules;
  }

  @Documented({ summary: 'Propose one to the governance leads', body: policyBody, status: 201 })
  @Allow('kind:user')
  @Post()
  propose(@CallerOf() caller: Caller, @Body(body(policyBody)) given: PolicyBody) {
    return this.#rules.proposePolicy(caller, given);
  }

  @Documented({ summary: 'All of them, newest first', query: groundRuleQuery })
  @Get()
  list(@Query(body(groundRuleQuery)) query: GroundRuleQuery) {
    return this.#rules.list('grant-policy', query);
  }

  @Documented({ summary: 'One of them' })
  @Get(':id')
  show(@Param('id') id: string) {
    return this.#rules.show('grant-policy', id);
  }

  @Documented({ summary: 'Approve or refuse, naming the hash', body: motionDecision })
  @Allow('kind:user')
  @UseGuards(DecidersGuard)
  @Post(':id/decisions')
  @HttpCode(200)
  decide(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(motionDecision)) given: MotionDecision,
  ) {
    return this.#rules.decide(caller, 'grant-policy', id, given);
  }

  @Documented({ summary: 'End it, or take it back while it is proposed', body: reasonBody })
  @Allow('kind:user')
  @Post(':id/end')
  @HttpCode(200)
  end(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(reasonBody)) given: ReasonBody,
  ) {
    return this.#rules.stop(caller, 'grant-policy', id, given.reason);
  }
}
