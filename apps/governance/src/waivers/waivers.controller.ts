import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { DecidersGuard } from '../cover/deciders.guard.js';
import { reasonBody } from '../decisions/shapes.js';
import type { ReasonBody } from '../decisions/shapes.js';
import { Documented } from '../http/documented.js';
import { motionDecision } from '../motions/shapes.js';
import type { MotionDecision } from '../motions/shapes.js';
import { proposeWaiverBody, waiverQuery } from './shapes.js';
import type { ProposeWaiverBody, WaiverQuery } from './shapes.js';
import { Waivers } from './waivers.js';

/** Waivers: seen by everybody who sees products, proposed by a product's team, decided by a lead. */
@Allow('*')
@Controller('v1/waivers')
export class WaiversController {
  readonly #waivers: Waivers;

  constructor(waivers: Waivers) {
    this.#waivers = waivers;
  }

  @Documented({ summary: 'Propose a waiver', body: proposeWaiverBody, status: 201 })
  @Allow('kind:user')
  @Post()
  propose(@CallerOf() caller: Caller, @Body(body(proposeWaiverBody)) given: ProposeWaiverBody) {
    return this.#waivers.propose(caller, given);
  }

  @Documented({ summary: 'Waivers, newest first', query: waiverQuery })
  @Get()
  list(@Query(body(waiverQuery)) query: WaiverQuery) {
    return this.#waivers.list(query);
  }

  @Documented({ summary: 'One waiver' })
  @Get(':id')
  show(@Param('id') id: string) {
    return this.#waivers.show(id);
  }

  @Documented({ summary: 'Approve or refuse a waiver, naming the hash', body: motionDecision })
  @Allow('kind:user')
  @UseGuards(DecidersGuard)
  @Post(':id/decisions')
  @HttpCode(200)
  decide(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(motionDecision)) given: MotionDecision,
  ) {
    return this.#waivers.decide(caller, id, given);
  }

  @Documented({ summary: 'Take a proposed waiver back', body: reasonBody })
  @Allow('kind:user')
  @Post(':id/withdraw')
  @HttpCode(200)
  withdraw(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(reasonBody)) given: ReasonBody,
  ) {
    return this.#waivers.stop(caller, id, 'withdraw', given.reason);
  }

  @Documented({ summary: 'End a waiver before its time', body: reasonBody })
  @Allow('kind:user')
  @Post(':id/end')
  @HttpCode(200)
  end(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(reasonBody)) given: ReasonBody,
  ) {
    return this.#waivers.stop(caller, id, 'end', given.reason);
  }
}
