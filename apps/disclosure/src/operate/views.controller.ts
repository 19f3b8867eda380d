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
    const views = new Map((await this.#store.all()).map((view) => [view.topic, view]));
    const items = (await this.#standing.all()).flatMap((standing) => {
      const { topic, state, listedAt, held, trouble } = standing;
      const view = views.get(topic);
      if (view === undefined) return [];
      const { grantId, product, major, purpose } = view;
      return [{ topic, grant: grantId, product, major, purpose, state, listedAt, held, trouble }];
    });
    return { items, next: null };
  }

  @Documented({ summary: 'What is read of each edition, and how far' })
  @Get('subscriptions')
  subscriptions() {
    return { items: this.#lanes.subscriptions(), next: null };
  }
}
