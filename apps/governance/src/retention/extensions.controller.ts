import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { DecidersGuard } from '../cover/deciders.guard.js';
import { Documented } from '../http/documented.js';
import { RetentionExtensions } from './extensions.js';
import { extensionBody, extensionDecisionBody, extensionQuery } from './shapes.js';
import type { ExtensionBody, ExtensionDecisionBody, ExtensionQuery } from './shapes.js';

/** Keeping records longer: proposed by owners, decided by the information-governance lead, seen by everybody. */
@Controller('v1')
export class RetentionExtensionsController {
  readonly #extensions: RetentionExtensions;

  constructor(extensions: RetentionExtensions) {
    this.#extensions = extensions;
  }

  @Documented({ summary: 'Propose to keep records longer', body: extensionBody, status: 201 })
  @Allow('owner')
  @Post('products/:id/retention-extensions')
  propose(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(extensionBody)) given: ExtensionBody,
  ) {
    return this.#extensions.propose(caller, id, given);
  }

  @Documented({ summary: 'Extensions of retention, newest first', query: extensionQuery })
  @Allow('*')
  @Get('retention-extensions')
  list(@Query(body(extensionQuery)) query: ExtensionQuery) {
    return this.#extensions.list(query);
  }

  @Documented({ summary: 'Approve, refuse or end an extension', body: extensionDecisionBody })
  @Allow('kind:user')
  @UseGuards(DecidersGuard)
  @Post('retention-extensions/:id/decisions')
  @HttpCode(200)
  decide(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(extensionDecisionBody)) given: ExtensionDecisionBody,
  ) {
    return this.#extensions.decide(caller, id, given);
  }
}
