import { Allow, CallerOf } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Controller, Get, Param } from '@nestjs/common';
import { Documented } from '../../http/documented.js';
import { GrantUse } from './use.js';

/** Use of grants: a recipient sees their own, an owner their product's. */
@Allow('kind:user')
@Controller('v1')
export class UseController {
  readonly #use: GrantUse;

  constructor(use: GrantUse) {
    this.#use = use;
  }

  @Documented({ summary: 'Lag, last read, volume and schemas of one grant, by topic' })
  @Get('grants/:id/use')
  of(@CallerOf() caller: Caller, @Param('id') id: string) {
    return this.#use.of(caller, id);
  }

  @Documented({ summary: 'Live grants of a product that the caller may see, with their use' })
  @Get('products/:id/use')
  ofProduct(@CallerOf() caller: Caller, @Param('id') id: string) {
    return this.#use.ofProduct(caller, id);
  }
}
