import { setTimeout as sleep } from 'node:timers/promises';

import { Problem } from '@caremesh/platform';
import type { OutgoingRecord, WrittenRecord } from '@caremesh/product';
import type { ClientBase } from 'pg';

import type { Choices, Permitted } from '../choices/choices.js';
import { inForce } from '../views/plan.js';
import type { ViewPlan } from '../views/plan.js';
import type { ViewPlans } from '../views/plans.js';
import { activeView, advance, endView, viewsOf } from '../views/view-store.js';
import type { View } from '../views/view-store.js';
import { withdrawPeople } from '../withdrawal/withdraw.js';
import { withoutRetraction } from './product-record.js';
import type { ProductReceived } from './product-record.js';
import { confirmRecords } from './view-state.js';
import { writeViews } from './write-views.js';
import type { Writing } from './write-views.js';

/** Puts records into the transaction at hand; the relay sends them after it has committed. */
export type Outbox = {
  write(
    transaction: ClientBase,
    records: readonly (OutgoingRecord | WrittenRecord)[],
  ): Promise<void>;
};

/**
 * Views that are written without a pause. A short batch for 200 of them is a third of a second of work for this process and its
 * database at once, and whoever publishes meanwhile stands behind it: in eight parts their p99 is 34 to 43 ms, in one 46 to 59.
 */
const TOGETHER = 25;
const PAUSE_MS = 20;
/** More records than this are a backlog, which is written as fast as may be. */
const SHORT_BATCH = 100;

/** Turns batches of an edition into records of every view on it. */
export class Discloser {
  readonly #plans: Pick<ViewPlans, 'of'>;
  readonly #outbox: Outbox;
  readonly #choices: Pick<Choices, 'permitted'>;
  readonly #together: number;

  constructor(
    plans: Pick<ViewPlans, 'of'>,
    outbox: Outbox,
    choices: Pick<Choices, 'permitted'>,
    together = TOGETHER,
  ) {
    this.#together = together;
    this.#plans = plans;
    this.#choices = choices;
    this.#outbox = outbox;
  }

  /** A batch read for all views of its edition at once; of it is told what `isTold` says. */
  async disclose(
    client: ClientBase,
    edition: string,
    received: readonly ProductReceived[],
    isTold: (record: ProductReceived) => boolean = () => true,
  ): Promise<void> {
    const records = received.filter(isTold).map(withoutRetraction);
    const views = await viewsOf(client, edition);
    const permitted = await this.#choices.permitted(client, views, records);
    const outgoing = await this.#write(client, views, permitted, records.length <= SHORT_BATCH);
    await advance(client, edition, nextOffsets(received));
    // Last, because the outbox is locked from the first row written until the transaction ends.
    await this.#outbox.write(client, outgoing);
  }

  /** What of a batch, read again, is told to one view that was granted later, by the filling of this generation. */
  async fill(
    client: ClientBase,
    topic: string,
    generation: number,
    records: readonly ProductReceived[],
  ): Promise<void> {
    const view = await activeView(client, topic);
    const wanted = records.map(withoutRetraction);
    if (view === null || wanted.length === 0) return;
    const permitted = await this.#choices.permitted(client, [view], wanted);
    const filled = await this.#write(client, [{ ...view, generation }], permitted, false, true);
    await confirmRecords(client, view.id, permitted.stays(view));
    await this.#outbox.write(client, filled);
  }

  /** Whoever leaves a view goes before what the batch brings. `isShort`: there is time to let others at the machine in between. */
  async #write(
    client: ClientBase,
    views: readonly View[],
    permitted: Permitted,
    isShort: boolean,
    fills = false,
  ): Promise<WrittenRecord[]> {
    const all: WrittenRecord[] = [];
    const writings: Writing[] = [];
    for (const view of views) {
      const plan = await this.#planOf(client, view);
      if (plan === null) continue;
      const leaving = permitted.leaving(view);
      if (leaving.length > 0) all.push(...(await withdrawPeople(client, view.id, plan, leaving)));
      const { id: viewId, generation } = view;
      writings.push({ viewId, generation, plan, records: permitted.of(view) });
    }
    for (let at = 0; at < writings.length; at += this.#together) {
      const some = writings.slice(at, at + this.#together);
      if (at > 0 && isShort) await sleep(PAUSE_MS);
      for (const record of await writeViews(client, some, fills)) all.push(record);
    }
    return all;
  }

  /**
   * Null for a view that must not be written as it stands: it is ended, so that it misses nothing when it is begun again,
   * and the others go on. Anything that will pass by itself is thrown, and the batch waits.
   */
  async #planOf(client: ClientBase, view: View): Promise<ViewPlan | null> {
    try {
      return inForce(view, await this.#plans.of(view));
    } catch (error) {
      if (!(error instanceof Problem) || error.retriable) throw error;
      await endView(client, view.id);
      return null;
    }
  }
}

function nextOffsets(records: readonly ProductReceived[]): Map<number, bigint> {
  const next = new Map<number, bigint>();
  for (const { origin } of records) {
    if (origin.offset >= (next.get(origin.partition) ?? 0n)) {
      next.set(origin.partition, origin.offset + 1n);
    }
  }
  return next;
}
