import type { Seal } from '@caremesh/product';
import type { ClientBase } from 'pg';

import { bytesOf, numbersOf } from '../choices/people.js';

type Queryable = Pick<ClientBase, 'query'>;

/** How an organisation's list and its request stand, in milliseconds since 1970. */
export type Standing = {
  organisation: string;
  editions: string[];
  received: number | null;
  request: string | null;
  asked: number | null;
  trouble: boolean;
  /** So many rows the cohort of its editions had when it was last asked about. */
  askedRows: number;
  filling: boolean;
};

/** Every organisation that has a view which the opt-out applies to; or those alone that wait for an answer. */
export async function standings(client: Queryable, openOnly = false): Promise<Standing[]> {
  const { rows } = await client.query<Standing>(
    `SELECT l.organisation, v.editions, request, trouble IS NOT NULL AS trouble, v.filling,
       (extract(epoch FROM received_at) * 1000)::float8 AS received,
       (extract(epoch FROM asked_at) * 1000)::float8 AS asked, l.asked_rows AS "askedRows"
     FROM check_list l JOIN (
       SELECT organisation, array_agg(DISTINCT edition) AS editions,
         bool_or(t.refill OR t.catch_up OR EXISTS (SELECT FROM view_backfill b WHERE b.view_id = view.id AND NOT b.done)) AS filling
       FROM view JOIN view_terms t ON t.view_id = view.id WHERE active AND t.opt_out GROUP BY organisation) v
     USING (organisation) WHERE NOT $1 OR l.request IS NOT NULL ORDER BY l.organisation`,
    [openOnly],
  );
  return rows;
}

/** Requests under way, and what stands in the way of one. */
export class Requests {
  readonly #seal: Seal;

  constructor(seal: Seal) {
    this.#seal = seal;
  }

  /** The next number of a mailbox's requests within the month. */
  async next(client: Queryable, mailbox: string, now: Date): Promise<number> {
    const { rows } = await client.query<{ last: number }>(
      `INSERT INTO check_sequence (mailbox, month, last) VALUES ($1, $2, 1)
       ON CONFLICT (mailbox, month) DO UPDATE SET last = check_sequence.last % 9999 + 1 RETURNING last`,
      [mailbox, now.toISOString().slice(0, 7)],
    );
    return rows[0]!.last;
  }

  /** A request was sent, about these people; `rows`: so many the cohort had; who comes later is asked about the next time. */
  async sent(
    client: Queryable,
    organisation: string,
    { name, numbers, rows, at }: { name: string; numbers: Uint32Array; rows: number; at: Date },
  ): Promise<void> {
    const asked = this.#seal.close(bytesOf(numbers), placeOf(organisation));
    await client.query(
      `UPDATE check_list SET request = $2, asked_at = $3, asked = $4, asked_rows = $5 WHERE organisation = $1`,
      [organisation, name, at, asked, rows],
    );
  }

  /** The people of the organisation's open request. */
  async askedAbout(client: Queryable, organisation: string): Promise<Uint32Array> {
    const { rows } = await client.query<{ asked: Buffer }>(
      `SELECT asked FROM check_list WHERE organisation = $1`,
      [organisation],
    );
    return numbersOf(this.#seal.open(rows[0]!.asked, placeOf(organisation)));
  }

  /**
   * What keeps an organisation from a new list. Its open request, if there was one, is given up, unless its answer may still
   * come (`stays`).
   */
  async trouble(
    client: Queryable,
    organisation: string,
    code: string,
    stays = false,
  ): Promise<void> {
    await client.query(
      `UPDATE check_list SET trouble = $2, request = CASE WHEN $3 THEN request END, asked = CASE WHEN $3 THEN asked END,
         trouble_at = CASE WHEN trouble = $2 THEN trouble_at ELSE now() END WHERE organisation = $1`,
      [organisation, code, stays],
    );
  }
}

const placeOf = (organisation: string): string => `asked about/${organisation}`;
