import { eachAlone, inTransaction } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import type { ClientBase, Pool } from 'pg';

import type { Outbox } from '../disclose/discloser.js';
import type { ViewPlans } from '../views/plans.js';
import type { ViewStore, View } from '../views/view-store.js';
import { withdrawPeople } from '../withdrawal/withdraw.js';
import type { Cohort } from './cohort.js';
import type { ListInForce, Lists } from './lists.js';
import type { People } from './people.js';

/** People of one transaction, and rows read at once. */
const AT_ONCE = 1_000;
const PAGE = 10_000;

type Parts = {
  pool: Pool;
  store: ViewStore;
  plans: Pick<ViewPlans, 'of'>;
  outbox: Outbox;
  lists: Lists;
  cohort: Cohort;
  log: Logger;
};

/**
 * After a list came: whoever a view disclosed and who is not on it is withdrawn from that view. Safe to do twice, by several
 * instances, and to be cut off: what is withdrawn is no longer live, and the list counts as swept only when all is done.
 */
export class Sweep {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** One look. What fails in one view leaves the others; its list has not been swept, and the first failure is thrown at the end. */
  async look(): Promise<void> {
    const { rows } = await this.#parts.pool.query<{ organisation: string; number: number }>(
      `SELECT organisation, number FROM check_list WHERE NOT swept AND received_at IS NOT NULL`,
    );
    await eachAlone(rows, async ({ organisation, number }) => {
      const views = await this.#parts.store.boundOf(organisation);
      await eachAlone(views, (view) => this.#sweep(view));
      await this.#done(
        organisation,
        number,
        views.map(({ id }) => id),
      );
    });
  }

  /**
   * The list counts as swept, unless the opt-out came to apply to another view meanwhile. Whoever writes that down changes
   * the list's row too: with it locked, a statement of its own sees what was written.
   */
  async #done(organisation: string, number: number, views: readonly number[]): Promise<void> {
    await inTransaction(this.#parts.pool, async (client) => {
      await client.query('SELECT FROM check_list WHERE organisation = $1 FOR UPDATE', [
        organisation,
      ]);
      await client.query(
        `UPDATE check_list SET swept = true WHERE organisation = $1 AND number = $2 AND NOT EXISTS (
           SELECT FROM view JOIN view_terms t ON t.view_id = view.id
           WHERE active AND t.opt_out AND organisation = $1 AND view.id <> ALL($3))`,
        [organisation, number, views],
      );
    });
  }

  async #sweep(view: View): Promise<void> {
    const list = await this.#listOf(this.#parts.pool, view);
    // Too old by now: nothing more is disclosed, and the next list will be swept.
    if (list === null) return;
    for (let after: string | null = ''; after !== null;) {
      const found = await this.#unlisted(view, list.listed, after);
      for (let at = 0; at < found.people.length; at += AT_ONCE) {
        await this.#withdraw(view, list, found.people.slice(at, at + AT_ONCE));
      }
      after = found.next;
    }
  }

  /** A page of the people a view knows: those who are not on the list. */
  async #unlisted(view: View, listed: People, after: string) {
    const { rows } = await this.#parts.pool.query<{ person: string; sealed: Buffer | null }>(
      `SELECT p.source_person AS person, c.sealed FROM view_person p
       LEFT JOIN cohort_person c ON c.edition = $2 AND c.source_person = p.source_person
       WHERE p.view_id = $1 AND p.source_person > $3 AND p.source_person <> '-'
       ORDER BY p.source_person LIMIT ${PAGE}`,
      [view.id, view.edition, after],
    );
    const people = rows
      .filter(
        ({ person, sealed }) =>
          sealed === null || !listed.has(this.#parts.cohort.open(view.edition, person, sealed)),
      )
      .map(({ person }) => person);
    return { people, next: rows.length < PAGE ? null : rows.at(-1)!.person };
  }

  async #listOf(client: Pick<ClientBase, 'query'>, view: View): Promise<ListInForce | null> {
    const lists = await this.#parts.lists.inForce(client, [view.organisation]);
    return lists.get(view.organisation) ?? null;
  }

  async #withdraw(view: View, list: ListInForce, people: readonly string[]): Promise<void> {
    const { pool, plans, outbox, log } = this.#parts;
    const plan = await plans.of(view);
    const outgoing = await inTransaction(pool, async (client) => {
      // Another list may have come meanwhile, and the view been filled by it: whoever is on that one stays, and it has its sweep.
      const inForce = await this.#listOf(client, view);
      if (inForce?.number !== list.number) return [];
      const withdrawn = await withdrawPeople(client, view.id, plan, people);
      await outbox.write(client, withdrawn);
      return withdrawn;
    });
    if (outgoing.length > 0) {
      log.info({ view: view.topic, records: outgoing.length }, 'Records withdrawn from a view');
    }
  }
}
