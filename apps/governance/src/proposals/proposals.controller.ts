import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Documented } from '../http/documented.js';
import { Proposals } from './proposals.js';
import { reasonBody } from '../decisions/shapes.js';
import type { ReasonBody } from '../decisions/shapes.js';
import { checkBody, proposalQuery, proposeBody } from './shapes.js';
import type { ProposalQuery, ProposeBody } from './shapes.js';

/** Proposing versions, and reading what was proposed. Who may propose for a domain is decided by its room. */
@Allow('*')
@Controller('v1/proposals')
export class ProposalsController {
  readonly #proposals: Proposals;

  constructor(proposals: Proposals) {
    this.#proposals = proposals;
  }

  @Documented({ summary: 'Propose a version of a product', body: proposeBody, status: 201 })
  @Post()
  propose(@CallerOf() caller: Caller, @Body(body(proposeBody)) given: ProposeBody) {
    return this.#proposals.propose(caller, given);
  }

  @Documented({ summary: 'Check and compare a version; nothing is stored', body: checkBody })
  @Post('checks')
  @HttpCode(200)
  check(@Body(body(checkBody)) given: z.output<typeof checkBody>) {
    return this.#proposals.check(given.files);
  }

  @Documented({ summary: 'Proposals the caller may see, newest first', query: proposalQuery })
  @Get()
  list(@CallerOf() caller: Caller, @Query(body(proposalQuery)) query: ProposalQuery) {
    return this.#proposals.list(caller, query);
  }

  @Documented({ summary: 'One proposal with its files and decisions' })
  @Get(':id')
  show(@CallerOf() caller: Caller, @Param('id') id: string) {
    return this.#proposals.show(caller, id);
  }

  @Documented({ summary: 'Take a proposal back', body: reasonBody })
  @Post(':id/withdraw')
  @HttpCode(200)
  withdraw(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(reasonBody)) given: ReasonBody,
  ) {
    return this.#proposals.withdraw(caller, id, given.reason);
  }

  @Documented({ summary: 'Carry a failed version out again', body: reasonBody })
  @Post(':id/retry')
  @HttpCode(200)
  retry(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(reasonBody)) given: ReasonBody,
  ) {
    return this.#proposals.retry(caller, id, given.reason);
  }
}
