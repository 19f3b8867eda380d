import { Allow, CallerOf, body } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { Documented } from '../../http/documented.js';
import { Grants } from '../grants.js';
import { BreakGlass } from './break-glass.js';
import { GrantReviews } from './reviews.js';
import { breakGlassBody, reviewBody } from './shapes.js';
import type { BreakGlassBody, ReviewBody } from './shapes.js';

/** Emergency access, and the look back at it. */
@Allow('kind:user')
@Controller('v1/grants')
export class BreakGlassController {
  readonly #glass: BreakGlass;
  readonly #reviews: GrantReviews;
  readonly #grants: Grants;

  constructor(glass: BreakGlass, reviews: GrantReviews, grants: Grants) {
    this.#glass = glass;
    this.#reviews = reviews;
    this.#grants = grants;
  }

  @Documented({
    summary: 'Take emergency access for the care of individuals; it is reviewed afterwards',
    body: breakGlassBody,
    status: 201,
  })
  @Post('break-glass')
  async take(@CallerOf() caller: Caller, @Body(body(breakGlassBody)) given: BreakGlassBody) {
    return this.#grants.show(caller, await this.#glass.take(caller, given));
  }

  @Documented({
    summary: 'Review emergency access, or a grant whose review is due',
    body: reviewBody,
  })
  @Post(':id/review')
  @HttpCode(200)
  async review(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(reviewBody)) given: ReviewBody,
  ) {
    await this.#reviews.review(caller, id, given);
    return this.#grants.show(caller, id);
  }
}
