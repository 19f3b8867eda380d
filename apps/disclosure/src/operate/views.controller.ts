import { Allow, Documented } from '@caremesh/platform';
import { Controller, Get } from '@nestjs/common';

import { Lanes } from '../lanes/lanes.js';
import { ViewStore } from '../views/view-store.js';
import { ViewStanding } from './standing.js';

/** How the views stand, for those who run the mesh. */
@Controller('v1/views')
@Allow('governance-lead', 'ig-lead', 'caldicott-guardian', 'auditor', 'administrator')
export class ViewsController {
  readonly #store: ViewStore;
  readonly #standing: ViewStanding;
  readonly #lanes: Lanes;

  constructor(store: ViewStore, standing: ViewStanding, lanes: Lanes) {
    this.#store = store;
    this.#standing = standing;
    this.#lanes = lanes;
  }

  @Documented({ summary: 'Every view: whose, of what, and how it stands' })
  @Get()
  async list() {
    const filling = new Set((await this.#store.unfilled()).map(({ view }) => view.topic));
    const views = await this.#store.all();
    const standings = await this.#standing.all();
    const standingOf = new Map(standings.map((one) => [one.topic, one]));
    const items = views.map(({ topic, grantId, product, major, purpose, active }) => {
      const state = !active ? 'ended' : filling.has(topic) ? 'filling' : 'following';
      const { listedAt = null, held = null, trouble = null } = standingOf.get(topic) ?? {};
      const about = { topic, grant: grantId, product, major, purpose, state };
      return { ...about, listedAt, held, trouble };
    });
    return { items, next: null };
  }

  @Documented({ summary: 'What is read of each edition, and how far' })
  @Get('subscriptions')
  subscriptions() {
    return { items: this.#lanes.subscriptions(), next: null };
  }
}
