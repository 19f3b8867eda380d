import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { Documented } from '../http/documented.js';
import { Covers } from './covers.js';
import { coverBody, coverQuery } from './shapes.js';
import type { CoverBody, CoverQuery } from './shapes.js';

/** Who decides while somebody is away. */
@Allow('kind:user')
@Controller('v1/covers')
export class CoversController {
  readonly #covers: Covers;

  constructor(covers: Covers) {
    this.#covers = covers;
  }

  @Documented({ summary: 'Have somebody decide in your role', body: coverBody, status: 201 })
  @Post()
  give(@CallerOf() caller: Caller, @Body(body(coverBody)) given: CoverBody) {
    return this.#covers.give(caller, given);
  }

  @Documented({ summary: 'Who covers for whom, newest first', query: coverQuery })
  @Allow('*')
  @Get()
  list(@Query(body(coverQuery)) query: CoverQuery) {
    return this.#covers.list(query);
  }

  @Documented({ summary: 'End a cover now' })
  @Delete(':id')
  end(@CallerOf() caller: Caller, @Param('id') id: string) {
    return this.#covers.end(caller, id);
  }
}
