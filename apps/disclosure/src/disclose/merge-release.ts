import { inTransaction } from '@caremesh/platform';
import type { Pool } from 'pg';

import { inForce } from '../views/plan.js';
import type { ViewPlans } from '../views/plans.js';
import { activeView } from '../views/view-store.js';
import type { Outbox } from './discloser.js';
import { mergesAreReady, releaseMerges } from './merges.js';

/** Sends merges that waited for their survivor, once it has appeared. */
export class MergeRelease {
  readonly #pool: Pool;
  readonly #plans: Pick<ViewPlans, 'of'>;
  readonly #outbox: Outbox;

  constructor(pool: Pool, plans: Pick<ViewPlans, 'of'>, outbox: Outbox) {
    this.#pool = pool;
    this.#plans = plans;
    this.#outbox = outbox;
  }

  /** One look. What is released and that it no longer waits commit together. */
  async look(): Promise<void> {
    if (!(await mergesAreReady(this.#pool))) return;
    await inTransaction(this.#pool, async (client) => {
      const outgoing = await releaseMerges(client, async (topic) => {
        const view = await activeView(client, topic);
        return view === null ? null : inForce(view, await this.#plans.of(view));
      });
      await this.#outbox.write(client, outgoing);
    });
  }
}
