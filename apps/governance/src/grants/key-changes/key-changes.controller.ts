import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { DecidersGuard } from '../../cover/deciders.guard.js';
import { reasonBody } from '../../decisions/shapes.js';
import type { ReasonBody } from '../../decisions/shapes.js';
import { Documented } from '../../http/documented.js';
import { motionDecision } from '../../motions/shapes.js';
import type { MotionDecision } from '../../motions/shapes.js';
import { KeyChanges } from './key-changes.js';
import { keyChangeBody, keyChangeQuery } from './shapes.js';
import type { KeyChangeBody, KeyChangeQuery } from './shapes.js';

/** Changes of a recipient's pseudonyms: asked by who guards the data, decided by a lead. */
@Allow('owner', 'ig-lead', 'caldicott-guardian', 'governance-lead', 'auditor', 'administrator')
@Controller('v1/pseudonym-key-changes')
export class KeyChangesController {
  readonly #changes: KeyChanges;

  constructor(changes: KeyChanges) {
    this.#changes = changes;
  }

  @Documented({ summary: 'Ask for other pseudonyms', body: keyChangeBody, status: 201 })
  @Allow('kind:user')
  @Post()
  ask(@CallerOf() caller: Caller, @Body(body(keyChangeBody)) given: KeyChangeBody) {
    return this.#changes.ask(caller, given);
  }

  @Documented({ summary: 'Changes asked for, newest first', query: keyChangeQuery })
  @Get()
  list(@Query(body(keyChangeQuery)) query: KeyChangeQuery) {
    return this.#changes.list(query);
  }

  @Documented({ summary: 'One of them' })
  @Get(':id')
  show(@Param('id') id: string) {
    return this.#changes.show(id);
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
    return this.#changes.decide(caller, id, given);
  }

  @Documented({ summary: 'Take back what is not decided yet', body: reasonBody })
  @Allow('kind:user')
  @Post(':id/withdraw')
  @HttpCode(200)
  withdraw(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(reasonBody)) given: ReasonBody,
  ) {
    return this.#changes.withdraw(caller, id, given.reason);
  }
}
