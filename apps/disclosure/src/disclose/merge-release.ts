import { inTransaction } from '@caremesh/platform';
import type { Pool } from 'pg';

import { inForce } from '../views/plan.js';
import type { ViewPlans } from '../views/plans.js';
import { activeView } from '../views/view-store.js';
import type { View } from '../views/view-store.js';
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

  /** One look. What is released and that it no longer waits commit together. Views that cannot be planned wait; why is thrown at the end. */
  async look(): Promise<void> {
    if (!(await mergesAreReady(this.#pool))) return;
    const failures: unknown[] = [];
    const planOf = (view: View) =>
      this.#plans.of(view).catch((error: unknown) => void failures.push(error));
    await inTransaction(this.#pool, async (client) => {
      const outgoing = await releaseMerges(client, async (topic) => {
        const view = await activeView(client, topic);
        const plan = view && (await planOf(view));
        return plan ? inForce(view, plan) : null;
      });
      await this.#outbox.write(client, outgoing);
    });
    if (failures.length > 0) throw failures[0];
  }
}
