import type { ClientBase } from 'pg';

import type { ProductReceived } from '../disclose/product-record.js';
import type { View } from '../views/view-store.js';
import type { Cohort } from './cohort.js';
import type { ListInForce, Lists } from './lists.js';
import { lowering, lowestOffsets, noteWaiting, verdictOf } from './waiting.js';

/**
 * Of a batch, the records that a view may get, and the people (by their keys at the publisher) who have just left it. `stays`: what of
 * it, if a view has it from before, is not over by what the batch says.
 */
export type Permitted = {
  of: (view: View) => readonly ProductReceived[];
  leaving: (view: View) => readonly string[];
  stays: (view: View) => readonly ProductReceived[];
};

type Terms = {
  viewId: number;
  optOut: boolean;
  holdsBack: boolean;
  /** From where on something waits for the next list, per partition. */
  waiting: Map<number, bigint>;
};

type TermsRow = Omit<Terms, 'waiting'> & { partition: number | null; from: string | null };

/** Decides, in the transaction of a batch, what of it each view may get. */
export class Choices {
  readonly #lists: Lists;
  readonly #cohort: Cohort;

  constructor(lists: Lists, cohort: Cohort) {
    this.#lists = lists;
    this.#cohort = cohort;
  }

  /**
   * What is held back from a view is noted with the view, and nothing of it with the people: that there was something, and
   * the lowest offset of what the next list may decide.
   */
  async permitted(
    client: ClientBase,
    views: readonly View[],
    records: readonly ProductReceived[],
  ): Promise<Permitted> {
    const terms = await termsOf(client, views);
    const bound = views.filter(({ id }) => terms.get(id)?.optOut ?? true);
    // Whoever leaves by a choice is withdrawn when the list is swept, and by no record, nor by the want of one.
    const rest = { leaving: () => [], stays: () => records };
    if (bound.length === 0) return { of: () => records, ...rest };
    await this.#cohort.note(client, bound[0]!.edition, records);
    const organisations = [...new Set(bound.map(({ organisation }) => organisation))];
    const lists = await this.#lists.inForce(client, organisations);
    const decided = new Map(
      organisations.map((name) => [name, decide(lists.get(name) ?? null, records)]),
    );
    const holding = bound.filter(
      ({ id, organisation }) =>
        terms.get(id)?.holdsBack === false &&
        decided.get(organisation)!.disclosed.length < records.length,
    );
    await noteHeldBack(client, holding);
    const waiting = bound.map((view) => {
      const { from } = decided.get(view.organisation)!;
      return { view, offsets: lowering(from, terms.get(view.id)?.waiting ?? new Map()) };
    });
    await noteWaiting(client, waiting);
    const isBound = new Set(bound.map(({ id }) => id));
    const of = ({ id, organisation }: View) =>
      isBound.has(id) ? decided.get(organisation)!.disclosed : records;
    return { of, ...rest };
  }
}

/** Of a batch, what may leave under a list, and from where on something waits for the next one. */
function decide(list: ListInForce | null, records: readonly ProductReceived[]) {
  const disclosed: ProductReceived[] = [];
  const waiting: ProductReceived[] = [];
  for (const record of records) {
    const verdict = verdictOf(list, record);
    if (verdict === 'disclosed') disclosed.push(record);
    else if (verdict === 'waits') waiting.push(record);
  }
  return { disclosed, from: lowestOffsets(waiting) };
}

async function termsOf(client: ClientBase, views: readonly View[]): Promise<Map<number, Terms>> {
  if (views.length === 0) return new Map();
  const { rows } = await client.query<TermsRow>(
    `SELECT view_id AS "viewId", opt_out AS "optOut", holds_back AS "holdsBack", w.partition, w.from_offset AS "from"
     FROM view_terms LEFT JOIN view_waiting w USING (view_id) WHERE view_id = ANY($1)`,
    [views.map(({ id }) => id)],
  );
  const terms = new Map<number, Terms>();
  for (const { partition, from, ...one } of rows) {
    const held = terms.get(one.viewId) ?? { ...one, waiting: new Map<number, bigint>() };
    if (partition !== null) held.waiting.set(partition, BigInt(from!));
    terms.set(one.viewId, held);
  }
  return terms;
}

async function noteHeldBack(client: ClientBase, views: readonly View[]): Promise<void> {
  if (views.length === 0) return;
  const ids = views.map(({ id }) => id).sort((a, b) => a - b);
  await client.query(`UPDATE view_terms SET holds_back = true WHERE view_id = ANY($1)`, [ids]);
}
