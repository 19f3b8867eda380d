import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Put } from '@nestjs/common';
import { Documented } from '../../http/documented.js';
import { useBody } from './shapes.js';
import type { UseBody } from './shapes.js';
import { GrantUse } from './use.js';
import { PortUse } from './ways.js';

/** Use of grants: a recipient sees their own, an owner their product's. */
@Allow('kind:user')
@Controller('v1')
export class UseController {
  readonly #use: GrantUse;
  readonly #ports: PortUse;

  constructor(use: GrantUse, ports: PortUse) {
    this.#use = use;
    this.#ports = ports;
  }

  @Documented({
    summary: 'Lag, last use of each way out, volume and schemas of one grant, by topic',
  })
  @Get('grants/:id/use')
  of(@CallerOf() caller: Caller, @Param('id') id: string) {
    return this.#use.of(caller, id);
  }

  @Documented({
    summary: 'The output ports tell how a grant is used by SQL, files and aggregates',
    body: useBody,
    status: 204,
  })
  @Allow('sub:svc-output-ports')
  @Put('grants/:id/use')
  @HttpCode(204)
  async told(@Param('id') id: string, @Body(body(useBody)) given: UseBody): Promise<void> {
    await this.#ports.told(id, given);
  }

  @Documented({
    summary: 'Live grants of a product that the caller may see, each as it is used',
  })
  @Get('products/:id/use')
  ofProduct(@CallerOf() caller: Caller, @Param('id') id: string) {
    return this.#use.ofProduct(caller, id);
  }
}
