import { eachAlone, inTransaction } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import type { Pool } from 'pg';

import type { Outbox } from '../disclose/discloser.js';
import { inForce } from '../views/plan.js';
import type { ViewPlans } from '../views/plans.js';
import { fullyFilled } from '../views/view-store.js';
import type { View, ViewStore } from '../views/view-store.js';
import { withdrawUnsure } from './withdraw.js';

/** Records of one transaction. */
const AT_ONCE = 1_000;

type Parts = {
  pool: Pool;
  store: ViewStore;
  plans: Pick<ViewPlans, 'of'>;
  outbox: Outbox;
  log: Logger;
};

/**
 * A view that was ended and has begun again, as one is whose grant was suspended, still has what it had. What ended meanwhile ends when
 * its edition is read again, as long as that says so: a tombstone is kept for some days. What the edition says nothing of, when all of it
 * has been read, is over.
 */
export class Leftovers {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** One look; may be made by several instances at once. Whatever is cut off is done at the next, and a view that fails leaves the others. */
  async look(): Promise<void> {
    await eachAlone(await this.#parts.store.unsure(), (view) => this.#end(view));
  }

  async #end(view: View): Promise<void> {
    const { pool, plans, outbox, log } = this.#parts;
    const plan = inForce(view, await plans.of(view));
    for (;;) {
      const ended = await inTransaction(pool, async (client) => {
        // Ended, or begun again, it is to be read again first.
        if (!(await fullyFilled(client, view.id))) return 0;
        const { rows } = await client.query<{ key: string }>(
          `SELECT source_key AS key FROM view_record WHERE view_id = $1 AND unsure AND live LIMIT ${AT_ONCE}`,
          [view.id],
        );
        const keys = rows.map(({ key }) => key);
        await outbox.write(client, await withdrawUnsure(client, view.id, plan, keys));
        return keys.length;
      });
      if (ended > 0) log.info({ view: view.topic, records: ended }, 'Records were over by now');
      if (ended < AT_ONCE) return;
    }
  }
}
