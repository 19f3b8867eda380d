import { Allow, Documented, platformErrors, problem } from '@caremesh/platform';
import { Controller, Get, Headers, Inject, Param } from '@nestjs/common';

import { Governance } from '../grants/governance.js';
import { GRANT_READING } from '../tokens.js';
import { ViewStanding } from './standing.js';

/** How a grant's views stand, for whoever may see the grant. */
@Allow('*')
@Controller('v1/grants')
export class GrantsController {
  readonly #standing: ViewStanding;
  readonly #governance: Pick<Governance, 'showsGrantTo'>;

  constructor(
    standing: ViewStanding,
    @Inject(GRANT_READING) governance: Pick<Governance, 'showsGrantTo'>,
  ) {
    this.#standing = standing;
    this.#governance = governance;
  }

  /** Governance says who may see it. */
  @Documented({ summary: 'Whether each view of a grant is held, since when and why' })
  @Get(':id')
  async show(@Param('id') id: string, @Headers('authorization') authorization: string) {
    if (!(await this.#governance.showsGrantTo(id, authorization))) {
      throw problem(platformErrors.notFound, id);
    }
    return { id, views: await this.#standing.of(id) };
  }
}
