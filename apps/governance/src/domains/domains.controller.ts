import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Documented } from '../http/documented.js';
import { DeadLetters } from './dead-letters.js';
import { Domains } from './domains.js';
import { deadLetterBody, quotaBody } from './shapes.js';
import type { DeadLetterBody, QuotaBody } from './shapes.js';

@Allow('*')
@Controller('v1')
export class DomainsController {
  readonly #domains: Domains;
  readonly #deadLetters: DeadLetters;

  constructor(domains: Domains, deadLetters: DeadLetters) {
    this.#domains = domains;
    this.#deadLetters = deadLetters;
  }

  @Documented({ summary: 'The accepted domains' })
  @Get('domains')
  list() {
    return this.#domains.list();
  }

  @Documented({ summary: 'One accepted domain with its quota' })
  @Get('domains/:name')
  show(@Param('name') name: string) {
    return this.#domains.show(name);
  }

  @Documented({ summary: 'Decide what a domain may use of the broker', body: quotaBody })
  @Allow('governance-lead')
  @Post('domains/:name/quota')
  @HttpCode(200)
  quota(
    @CallerOf() caller: Caller,
    @Param('name') name: string,
    @Body(body(quotaBody)) given: QuotaBody,
  ) {
    return this.#domains.decideQuota(caller, name, given);
  }

  @Documented({ summary: 'Make the dead letter topic of a consumer stand', body: deadLetterBody })
  @Allow('kind:domain')
  @Post('dead-letters')
  @HttpCode(200)
  deadLetterTopic(@CallerOf() caller: Caller, @Body(body(deadLetterBody)) given: DeadLetterBody) {
    return this.#deadLetters.stand(caller, given.consumer);
  }
}
