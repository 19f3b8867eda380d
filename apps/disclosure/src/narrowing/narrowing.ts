import type { CareOrganisationFields } from '@caremesh/contract';
import type { ClientBase } from 'pg';

import type { Permitted } from '../choices/choices.js';
import type { ProductReceived } from '../disclose/product-record.js';
import type { ViewPlans } from '../views/plans.js';
import type { View } from '../views/view-store.js';
import { caredFor } from './cared-for.js';

/** Decides, in the transaction of a batch, what of it each narrowed view may get, and who leaves it. */
export class Narrowing {
  readonly #plans: Pick<ViewPlans, 'of'>;

  constructor(plans: Pick<ViewPlans, 'of'>) {
    this.#plans = plans;
  }

  /** Throws, retriable, while what a contract says of its fields cannot be had: then nobody is let in or out by mistake. */
  async permitted(
    client: ClientBase,
    views: readonly View[],
    records: readonly ProductReceived[],
  ): Promise<Permitted> {
    const edition = views[0]?.edition;
    if (edition === undefined) return { of: () => [], leaving: () => [], stays: () => [] };
    const fields = await this.#fields(views);
    const { before, after } = await caredFor(client, edition, records, fields);
    const named = await namedOf(client, views);
    const belongs = ({ id }: View, places: readonly string[] | undefined): boolean =>
      places?.some((ods) => named.get(id)?.has(ods)) ?? false;
    // Who came was known before, so the view lacks what was told of them until now.
    const came = (view: View) =>
      [...before].some(([who, was]) => !belongs(view, was) && belongs(view, after.get(who)));
    await fillAgain(client, views.filter(came));
    const of = (view: View) =>
      records.filter(({ value, key }) => value === null || belongs(view, after.get(key.person)));
    return {
      of,
      // Who moved while the view was ended is known to have moved already, and leaves it by this.
      stays: of,
      leaving: (view) =>
        [...before]
          .filter(([who, was]) => belongs(view, was) && !belongs(view, after.get(who)))
          .map(([who]) => who),
    };
  }

  async #fields(views: readonly View[]): Promise<CareOrganisationFields> {
    const plans = await Promise.all(views.map((view) => this.#plans.of(view)));
    const all = plans.map(({ careOrganisations }) => careOrganisations);
    return {
      registered: [...new Set(all.flatMap(({ registered }) => registered))],
      referred: [...new Set(all.flatMap(({ referred }) => referred))],
    };
  }
}

/** A view without names is one that nobody decided: it has nobody. */
async function namedOf(client: ClientBase, views: readonly View[]) {
  const { rows } = await client.query<{ id: number; named: string[] | null }>(
    `SELECT view_id AS id, narrowed_to AS named FROM view_terms WHERE view_id = ANY($1)`,
    [views.map(({ id }) => id)],
  );
  return new Map(rows.map(({ id, named }) => [id, new Set(named)]));
}

async function fillAgain(client: ClientBase, views: readonly View[]): Promise<void> {
  if (views.length === 0) return;
  const ids = views.map(({ id }) => id).sort((a, b) => a - b);
  await client.query(`UPDATE view_terms SET refill = true WHERE view_id = ANY($1)`, [ids]);
}
