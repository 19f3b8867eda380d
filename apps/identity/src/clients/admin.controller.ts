import { Allow, body, problem } from '@caremesh/platform';
import { Body, Controller, Delete, HttpCode, Param, Post, Put } from '@nestjs/common';

import { identityErrors } from '../errors.js';
import { clientId, clientOf, clientRequest, expiryRequest, shown } from './client-request.js';
import type { ClientRequest, ExpiryRequest } from './client-request.js';
import { ClientStore } from './client-store.js';

/** What governance may do: make and remove the clients of grants, let an accepted domain in. */
@Allow('sub:svc-governance')
@Controller('v1')
export class AdminController {
  readonly #clients: ClientStore;

  constructor(clients: ClientStore) {
    this.#clients = clients;
  }

  @Put('clients/:clientId')
  async put(
    @Param('clientId', body(clientId)) id: string,
    @Body(body(clientRequest)) request: ClientRequest,
  ) {
    const client = clientOf(id, request);
    await this.#clients.put(client);
    return shown(client);
  }

  /** A grant whose end was decided anew: its clients live as long, with the proof they have. */
  @HttpCode(200)
  @Put('clients/:clientId/expiry')
  async extend(
    @Param('clientId', body(clientId)) id: string,
    @Body(body(expiryRequest)) { expires }: ExpiryRequest,
  ) {
    const client = id.startsWith('svc-') ? null : await this.#clients.extend(id, new Date(expires));
    if (!client) throw problem(identityErrors.unknownClient, id);
    return shown(client);
  }

  @HttpCode(204)
  @Delete('clients/:clientId')
  async remove(@Param('clientId', body(clientId)) id: string) {
    if (id.startsWith('svc-')) throw problem(identityErrors.seededClient);
    await this.#clients.remove(id);
  }

  @HttpCode(200)
  @Post('domains/:name/enable')
  async enable(@Param('name', body(clientId)) name: string) {
    const client = await this.#clients.enable(`domain-${name}`);
    if (!client) throw problem(identityErrors.unknownClient, `domain-${name}`);
    return shown(client);
  }
}
