import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { DecidersGuard } from '../cover/deciders.guard.js';
import { Documented } from '../http/documented.js';
import { Decisions } from './decisions.js';
import { decideBody } from './shapes.js';
import type { DecideBody } from './shapes.js';

/** Deciding on a proposal: people alone, in the roles the proposal names. */
@Controller('v1/proposals')
export class DecisionsController {
  readonly #decisions: Decisions;

  constructor(decisions: Decisions) {
    this.#decisions = decisions;
  }

  @Documented({ summary: 'Approve, refuse, or ask for changes, naming the hash', body: decideBody })
  // Roles alone do not say it: somebody may stand in for a lead.
  @Allow('kind:user')
  @UseGuards(DecidersGuard)
  @Post(':id/decisions')
  @HttpCode(200)
  decide(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(decideBody)) given: DecideBody,
  ) {
    return this.#decisions.decide(caller, id, given);
  }
}
