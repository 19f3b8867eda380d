import { keys } from '@caremesh/contract';
import type { ClientBase } from 'pg';

import type { ProductReceived } from '../disclose/product-record.js';
import type { View } from '../views/view-store.js';
import type { Cohort } from './cohort.js';
import type { Lists } from './lists.js';
import { numberOf } from './people.js';
import type { People } from './people.js';

/** Of a batch, the records that a view may get, and the people (by their keys at the publisher) who have just left it. */
export type Permitted = {
  of: (view: View) => readonly ProductReceived[];
  leaving: (view: View) => readonly string[];
};

/** Whoever leaves by a choice is withdrawn when the list is swept, and by no record. */
const only = (of: Permitted['of']): Permitted => ({ of, leaving: () => [] });

type Terms = { viewId: number; optOut: boolean; holdsBack: boolean };

/** Decides, in the transaction of a batch, what of it each view may get. */
export class Choices {
  readonly #lists: Lists;
  readonly #cohort: Cohort;

  constructor(lists: Lists, cohort: Cohort) {
    this.#lists = lists;
    this.#cohort = cohort;
  }

  /** What is held back from a view is noted with the view, and nothing of it with the people. */
  async permitted(
    client: ClientBase,
    views: readonly View[],
    records: readonly ProductReceived[],
  ): Promise<Permitted> {
    const terms = await termsOf(client, views);
    const bound = views.filter(({ id }) => terms.get(id)?.optOut ?? true);
    if (bound.length === 0) return only(() => records);
    await this.#cohort.note(client, bound[0]!.edition, records);
    const organisations = [...new Set(bound.map(({ organisation }) => organisation))];
    const lists = await this.#lists.inForce(client, organisations);
    const allowed = new Map(
      organisations.map((name) => [name, records.filter(mayLeave(lists.get(name) ?? null))]),
    );
    const holding = bound.filter(
      ({ id, organisation }) =>
        terms.get(id)?.holdsBack === false && allowed.get(organisation)!.length < records.length,
    );
    await noteHeldBack(client, holding);
    const isBound = new Set(bound.map(({ id }) => id));
    return only(({ id, organisation }) => (isBound.has(id) ? allowed.get(organisation)! : records));
  }
}

/**
 * A tombstone says nothing of anybody and closes only what was disclosed. Everything else is about its person, who must be
 * on the list: by NHS number, since that is all the list knows people by.
 */
function mayLeave(list: People | null): (record: ProductReceived) => boolean {
  return ({ value, key }) => {
    if (value === null || key.person === keys.NO_PERSON) return true;
    return list !== null && value.nhsNumber !== null && list.has(numberOf(value.nhsNumber));
  };
}

async function termsOf(client: ClientBase, views: readonly View[]): Promise<Map<number, Terms>> {
  if (views.length === 0) return new Map();
  const { rows } = await client.query<Terms>(
    `SELECT view_id AS "viewId", opt_out AS "optOut", holds_back AS "holdsBack"
     FROM view_terms WHERE view_id = ANY($1)`,
    [views.map(({ id }) => id)],
  );
  return new Map(rows.map((one) => [one.viewId, one]));
}

async function noteHeldBack(client: ClientBase, views: readonly View[]): Promise<void> {
  if (views.length === 0) return;
  const ids = views.map(({ id }) => id).sort((a, b) => a - b);
  await client.query(`UPDATE view_terms SET holds_back = true WHERE view_id = ANY($1)`, [ids]);
}
