import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { DecidersGuard } from '../cover/deciders.guard.js';
import { reasonBody } from '../decisions/shapes.js';
import type { ReasonBody } from '../decisions/shapes.js';
import { Documented } from '../http/documented.js';
import { motionDecision } from '../motions/shapes.js';
import type { MotionDecision } from '../motions/shapes.js';
import { proposeStandardBody, standardProposalQuery, standardQuery } from './shapes.js';
import type { ProposeStandardBody, StandardProposalQuery, StandardQuery } from './shapes.js';
import { StandardProposals } from './standard-proposals.js';
import { Standards } from './standards.js';

/** The standards catalogue: open to read, revised by one governance lead with another's approval. */
@Allow('*')
@Controller('v1/standards')
export class StandardsController {
  readonly #standards: Standards;
  readonly #proposals: StandardProposals;

  constructor(standards: Standards, proposals: StandardProposals) {
    this.#standards = standards;
    this.#proposals = proposals;
  }

  @Documented({ summary: 'Find standards', query: standardQuery })
  @Get()
  list(@Query(body(standardQuery)) query: StandardQuery) {
    return this.#standards.list(query);
  }

  @Documented({ summary: 'Standards by care setting and use' })
  @Get('browse')
  browse() {
    return this.#standards.browse();
  }

  @Documented({
    summary: 'Propose a standard or a revision',
    body: proposeStandardBody,
    status: 201,
  })
  @Allow('governance-lead')
  @Post('proposals')
  propose(@CallerOf() caller: Caller, @Body(body(proposeStandardBody)) given: ProposeStandardBody) {
    return this.#proposals.propose(caller, given);
  }

  @Documented({ summary: 'Proposed revisions, newest first', query: standardProposalQuery })
  @Get('proposals')
  proposals(@Query(body(standardProposalQuery)) query: StandardProposalQuery) {
    return this.#proposals.list(query);
  }

  @Documented({ summary: 'One proposed revision, with what it changes and reaches' })
  @Get('proposals/:id')
  proposal(@Param('id') id: string) {
    return this.#proposals.show(id);
  }

  @Documented({ summary: 'Approve or refuse a revision, naming the hash', body: motionDecision })
  @Allow('kind:user')
  @UseGuards(DecidersGuard)
  @Post('proposals/:id/decisions')
  @HttpCode(200)
  decide(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(motionDecision)) given: MotionDecision,
  ) {
    return this.#proposals.decide(caller, id, given);
  }

  @Documented({ summary: 'Take a proposed revision back', body: reasonBody })
  @Allow('governance-lead')
  @Post('proposals/:id/withdraw')
  @HttpCode(200)
  withdraw(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(reasonBody)) given: ReasonBody,
  ) {
    return this.#proposals.withdraw(caller, id, given.reason);
  }

  @Documented({ summary: 'One standard, by any of its names' })
  @Get(':id')
  show(@Param('id') id: string) {
    return this.#standards.show(id);
  }

  @Documented({ summary: 'Every revision of a standard, newest first' })
  @Get(':id/revisions')
  revisions(@Param('id') id: string) {
    return this.#standards.revisions(id);
  }
}
