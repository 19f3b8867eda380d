import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller, WrittenJson } from '@caremesh/platform';
import { Body, Controller, Delete, Get, Param, Put, Query, StreamableFile } from '@nestjs/common';
import { Documented } from '../http/documented.js';
import { Adoption } from './adoption.js';
import { CentralServices } from './central-service.js';
import { NINE_PROBLEMS } from './nine-problems.js';
import { serviceMarkdown } from './pages.js';
import type { scheduleJson } from './pages.js';
import { Participants } from './participants.js';
import { gapsQuery, joinBody, scheduleQuery, serviceQuery } from './shapes.js';
import type { GapsQuery, JoinBody, ScheduleQuery, ServiceQuery } from './shapes.js';

/** What answers the nine problems that stop standards from being used; open to everybody who is signed in. */
@Allow('*')
@Controller('v1')
export class AdoptionController {
  readonly #adoption: Adoption;
  readonly #services: CentralServices;
  readonly #participants: Participants;

  constructor(adoption: Adoption, services: CentralServices, participants: Participants) {
    this.#adoption = adoption;
    this.#services = services;
    this.#participants = participants;
  }

  @Documented({ summary: 'The nine problems, and what answers each here' })
  @Get('nine-problems')
  problems() {
    return { items: NINE_PROBLEMS, next: null };
  }

  @Documented({
    summary: 'A standards schedule for a contract',
    query: scheduleQuery,
    produces: ['application/json', 'text/markdown', 'text/csv'],
  })
  @Get('standards/schedule')
  async schedule(
    @Query(body(scheduleQuery)) query: ScheduleQuery,
  ): Promise<WrittenJson<ReturnType<typeof scheduleJson>, StreamableFile>> {
    const { type, text } = await this.#adoption.schedule(query);
    return fileOf(type, text);
  }

  @Documented({ summary: 'What is mandated and lacking, with effort', query: gapsQuery })
  @Get('standards/gaps')
  gaps(@Query(body(gapsQuery)) query: GapsQuery) {
    return this.#adoption.gaps(query);
  }

  @Documented({ summary: 'Who waits for each product, and what good it does' })
  @Get('demand')
  demand() {
    return this.#adoption.demand();
  }

  @Documented({ summary: 'Onboarding pages of the central services' })
  @Get('central-services')
  services() {
    return this.#services.list();
  }

  @Documented({
    summary: 'How to get onto one central service',
    query: serviceQuery,
    produces: ['application/json', 'text/markdown'],
  })
  @Get('central-services/:id')
  async service(@Param('id') id: string, @Query(body(serviceQuery)) query: ServiceQuery) {
    const page = await this.#services.show(id);
    return query.format === 'markdown' ? fileOf('text/markdown', serviceMarkdown(page)) : page;
  }

  @Documented({ summary: 'The contact of a standard, and who works on it' })
  @Get('standards/:id/participants')
  participants(@Param('id') id: string) {
    return this.#participants.of(id);
  }

  @Documented({ summary: 'Say that you work on it', body: joinBody })
  @Allow('kind:user')
  @Put('standards/:id/participants/me')
  join(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(joinBody)) { note }: JoinBody,
  ) {
    return this.#participants.join(caller, id, note);
  }

  @Documented({ summary: 'Say that you work on it no more' })
  @Allow('kind:user')
  @Delete('standards/:id/participants/me')
  leave(@CallerOf() caller: Caller, @Param('id') id: string) {
    return this.#participants.leave(caller, id);
  }
}

function fileOf(type: string, text: string): StreamableFile {
  return new StreamableFile(Buffer.from(text), { type: `${type}; charset=utf-8` });
}
