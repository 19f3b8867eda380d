import { Allow } from '@caremesh/platform';
import { RecordTransport } from '@caremesh/product';
import { Controller, Get } from '@nestjs/common';

import { ViewStore } from '../views/view-store.js';

/** How the views stand, for those who run the mesh. */
@Controller('v1/views')
@Allow('governance-lead', 'ig-lead', 'caldicott-guardian', 'auditor', 'administrator')
export class ViewsController {
  readonly #store: ViewStore;
  readonly #transport: RecordTransport;

  constructor(store: ViewStore, transport: RecordTransport) {
    this.#store = store;
    this.#transport = transport;
  }

  @Get()
  async list() {
    const filling = new Set((await this.#store.unfilled()).map(({ view }) => view.topic));
    const views = await this.#store.all();
    const items = views.map(({ topic, grantId, product, major, purpose, active }) => {
      const state = !active ? 'ended' : filling.has(topic) ? 'filling' : 'following';
      return { topic, grant: grantId, product, major, purpose, state };
    });
    return { items, next: null };
  }

  @Get('subscriptions')
  subscriptions() {
    return { items: this.#transport.subscriptions(), next: null };
  }
}
