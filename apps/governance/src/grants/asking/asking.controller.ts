import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { Store } from '../../database/store.js';
import { Documented } from '../../http/documented.js';
import { Amendments } from '../deciding/amendments.js';
import { Grants } from '../grants.js';
import { amendmentBody, draftBody, requestBody, templateQuery } from '../shapes.js';
import type { AmendmentBody, DraftBody, TemplateQuery } from '../shapes.js';
import { GrantRequests } from './requests.js';
import { templatesFor } from './templates.js';
import { writtenDraft } from './written.js';

/** Asking for grants. What is asked is decided in the order of its steps; a draft is nobody's business yet. */
@Allow('kind:user')
@Controller('v1/grants')
export class AskingController {
  readonly #requests: GrantRequests;
  readonly #amendments: Amendments;
  readonly #grants: Grants;
  readonly #store: Store;

  constructor(requests: GrantRequests, amendments: Amendments, grants: Grants, store: Store) {
    this.#requests = requests;
    this.#amendments = amendments;
    this.#grants = grants;
    this.#store = store;
  }

  @Documented({ summary: 'Ask for a grant', body: requestBody, status: 201 })
  @Post()
  async request(@CallerOf() caller: Caller, @Body() sent: unknown) {
    const given = await this.#requests.read(caller, sent);
    return this.#grants.show(caller, await this.#requests.request(caller, given));
  }

  @Documented({ summary: 'Requests filled in as far as they can be', query: templateQuery })
  @Get('templates')
  templates(@CallerOf() caller: Caller, @Query(body(templateQuery)) { purpose }: TemplateQuery) {
    return templatesFor(this.#store.reader, caller, purpose);
  }

  @Documented({ summary: 'Begin a draft of a request', body: draftBody, status: 201 })
  @Post('drafts')
  async draft(@CallerOf() caller: Caller, @Body(body(writtenDraft)) given: DraftBody) {
    return this.#grants.show(caller, await this.#requests.draft(caller, given));
  }

  @Documented({ summary: 'Write a draft, or what was refused, anew', body: draftBody })
  @Put(':id/draft')
  async edit(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(writtenDraft)) given: DraftBody,
  ) {
    await this.#requests.edit(caller, id, given);
    return this.#grants.show(caller, id);
  }

  @Documented({ summary: 'Submit a draft: it is asked for, and decided from the first step' })
  @Post(':id/submit')
  @HttpCode(200)
  async submit(@CallerOf() caller: Caller, @Param('id') id: string) {
    await this.#requests.submit(caller, id);
    return this.#grants.show(caller, id);
  }

  @Documented({
    summary: 'Ask for another end, purpose or other fields of an active grant',
    body: amendmentBody,
    status: 201,
  })
  @Post(':id/amendments')
  async amend(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(amendmentBody)) given: AmendmentBody,
  ) {
    return this.#grants.show(caller, await this.#amendments.ask(caller, id, given));
  }
}
