import { sqlSettings } from '@caremesh/contract';
import { Allow, CallerOf, Documented, problem } from '@caremesh/platform';
import type { Caller, LedgerWriter } from '@caremesh/platform';
import {
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
} from '@nestjs/common';

import { outputPortErrors } from '../errors.js';
import { Ports } from '../live/ports.js';
import { Watch } from '../live/watch.js';
import { SqlCredentials } from '../recipients/sql-credentials.js';
import { schemaOf } from '../recipients/recipient-roles.js';
import { DATABASE, LEDGER } from '../tokens.js';
import { Holders } from './holders.js';
import { PortStanding } from './port-standing.js';

/** Where recipients reach the database. */
export type DatabasePlace = { host: string; port: number; database: string; sslMode: string };

/** The output port of a grant: opened, shown and closed; and the credentials for reading it by SQL. */
@Controller('v1/grants/:id')
export class PortController {
  constructor(
    private readonly holders: Holders,
    private readonly ports: Ports,
    private readonly watch: Watch,
    private readonly standing: PortStanding,
    private readonly credentials: SqlCredentials,
    @Inject(DATABASE) private readonly place: DatabasePlace,
    @Inject(LEDGER) private readonly ledger: LedgerWriter,
  ) {}

  /** Opens the port; one that is open stays as it is. */
  @Documented({ summary: 'Open the port of a grant: its views are kept as tables of PostgreSQL' })
  @Put('output-port')
  @Allow('kind:user')
  async open(
    @CallerOf() caller: Caller,
    @Headers('authorization') authorization: string,
    @Param('id') id: string,
  ) {
    const grant = await this.holders.own({ caller, authorization }, id);
    await this.ports.open(grant, caller.sub, () =>
      this.#note('output-port.opened', id, { by: caller.sub }),
    );
    await this.watch.lookFor(id);
    return this.#shown(id);
  }

  @Documented({ summary: 'Its tables, the offsets they stand at, and who may sign in' })
  @Get('output-port')
  @Allow('kind:user', 'kind:grant')
  async show(
    @CallerOf() caller: Caller,
    @Headers('authorization') authorization: string,
    @Param('id') id: string,
  ) {
    await this.holders.seen({ caller, authorization }, id);
    return this.#shown(id);
  }

  /** Closes it, also while it is paused: tables, roles and connections are gone when this answers. */
  @Documented({ summary: 'Close the port: tables, credentials and connections end', status: 204 })
  @Delete('output-port')
  @HttpCode(204)
  @Allow('kind:user')
  async close(
    @CallerOf() caller: Caller,
    @Headers('authorization') authorization: string,
    @Param('id') id: string,
  ): Promise<void> {
    await this.holders.requested({ caller, authorization }, id);
    await this.watch.end(id);
    await this.#note('output-port.closed', id, { by: caller.sub });
  }

  /** Makes an SQL credential; its password is shown this once, and in the settings that come with it. */
  @Documented({
    summary: 'Make an SQL credential; its password is shown this once, and in its ready settings',
    status: 201,
  })
  @Post('sql-credentials')
  @Allow('kind:user')
  async makeCredential(
    @CallerOf() caller: Caller,
    @Headers('authorization') authorization: string,
    @Param('id') id: string,
  ) {
    await this.holders.own({ caller, authorization }, id);
    const login = await this.credentials.make(id, (user) =>
      this.#note('sql-credential.made', id, { by: caller.sub, user }),
    );
    const made = { ...login, ...(await this.#reached(id)) };
    return { ...made, settings: [sqlSettings(made)] };
  }

  /** Settings of a live credential: its password was shown once, so its place is marked. */
  @Documented({
    summary: 'Ready settings of a live SQL credential; where the password stands is marked',
  })
  @Get('sql-credentials/:user/settings')
  @Allow('kind:user')
  async settings(
    @CallerOf() caller: Caller,
    @Headers('authorization') authorization: string,
    @Param('id') id: string,
    @Param('user') user: string,
  ) {
    await this.holders.requested({ caller, authorization }, id);
    const live = (await this.credentials.list(id)).find((one) => one.user === user);
    if (live === undefined) throw problem(outputPortErrors.sqlCredentialNotFound, user);
    const { expires } = live;
    return {
      user,
      ...sqlSettings({ user, expires, password: null, ...(await this.#reached(id)) }),
    };
  }

  @Documented({ summary: 'End an SQL credential and what it has open', status: 204 })
  @Delete('sql-credentials/:user')
  @HttpCode(204)
  @Allow('kind:user')
  async endCredential(
    @CallerOf() caller: Caller,
    @Headers('authorization') authorization: string,
    @Param('id') id: string,
    @Param('user') user: string,
  ): Promise<void> {
    await this.holders.requested({ caller, authorization }, id);
    await this.credentials.end(id, user, () =>
      this.#note('sql-credential.ended', id, { by: caller.sub, user }),
    );
  }

  async #reached(id: string) {
    const tables = (await this.ports.views(id)).map(({ tableName }) => tableName);
    return { ...this.place, schema: schemaOf(id), tables };
  }

  async #shown(id: string) {
    const port = await this.standing.of(id);
    if (port === null) throw problem(outputPortErrors.portNotOpen, id);
    return port;
  }

  async #note(action: string, grant: string, detail: Record<string, string>): Promise<void> {
    await this.ledger({ action, object: `grant:${grant}`, detail });
  }
}
