import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Documented } from '../http/documented.js';
import { Credentials } from './credentials.js';
import { credentialBody, settingsQuery } from './shapes.js';
import type { CredentialBody, SettingsQuery } from './shapes.js';

/** Credentials of a grant, for its requester. */
@Allow('kind:user')
@Controller('v1/grants/:id/credentials')
export class CredentialsController {
  readonly #credentials: Credentials;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  @Documented({
    summary:
      'Make a credential; its secret is shown this once, and in the settings asked for with it',
    body: credentialBody,
    status: 201,
  })
  @Post()
  create(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(credentialBody)) given: CredentialBody,
  ) {
    return this.#credentials.create(caller, id, given);
  }

  @Documented({
    summary: 'Ready settings of a live credential for one client; where a secret stands is marked',
    query: settingsQuery,
  })
  @Get(':clientId/settings')
  settings(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Param('clientId') clientId: string,
    @Query(body(settingsQuery)) { format }: SettingsQuery,
  ) {
    return this.#credentials.settings(caller, id, clientId, format);
  }

  @Documented({ summary: 'End a credential at once', status: 204 })
  @Delete(':clientId')
  @HttpCode(204)
  async end(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Param('clientId') clientId: string,
  ): Promise<void> {
    await this.#credentials.end(caller, id, clientId);
  }
}
