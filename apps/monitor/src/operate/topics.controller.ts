import { Allow, Documented } from '@caremesh/platform';
import { Controller, Get } from '@nestjs/common';

import { Watch } from '../watch/watch.js';

/** How the topics are looked through, for those who run the mesh. */
@Controller('v1/topics')
@Allow('governance-lead', 'ig-lead', 'caldicott-guardian', 'auditor', 'administrator')
export class TopicsController {
  readonly #watch: Watch;

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  @Documented({ summary: 'How far each product topic is looked through, and what was refused' })
  @Get()
  list() {
    return { items: this.#watch.status(), next: null };
  }
}
