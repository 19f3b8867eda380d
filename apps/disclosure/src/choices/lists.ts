import type { Seal } from '@caremesh/product';
import type { ClientBase, Pool } from 'pg';

import { bytesOf, numbersOf, People } from './people.js';

type Queryable = Pick<ClientBase, 'query'>;
type Head = { organisation: string; number: number; usable: boolean };
type Sealed = { listed: Buffer | null; answered: Buffer | null };

/** A list, and whom it answers about: of those, whoever is not on it was found by the check service to be withheld. */
export type ListInForce = { number: number; listed: People; asked: People };
/** A cleaned list as it came: in order, those of the people asked about who may be disclosed; and all who were asked about. */
export type CleanedList = { listed: Uint32Array; asked: Uint32Array };
/** What the next one is compared with. */
type Before = { listed: People; asked: Uint32Array };

/** The lists of those who may be disclosed, one for each organisation that an opt-out applies to. */
export class Lists {
  readonly #pool: Pool;
  readonly #seal: Seal;
  readonly #maxAgeMs: number;
  readonly #opened = new Map<string, ListInForce>();

  constructor(parts: { pool: Pool; seal: Seal; maxAgeMs: number }) {
    this.#pool = parts.pool;
    this.#seal = parts.seal;
    this.#maxAgeMs = parts.maxAgeMs;
  }

  /**
   * Each organisation's list as it stands in the transaction at hand; null where there is none that may be
   * used. The rows stay locked, so that another list waits for the batches that still use this one.
   */
  async inForce(
    client: Queryable,
    organisations: readonly string[],
  ): Promise<Map<string, ListInForce | null>> {
    const { rows } = await client.query<Head>(
      `SELECT organisation, number, coalesce(received_at > now() - $2 * interval '1 ms', false) AS usable
       FROM check_list WHERE organisation = ANY($1) ORDER BY organisation FOR SHARE`,
      [organisations, this.#maxAgeMs],
    );
    const found = new Map<string, ListInForce | null>();
    for (const head of rows) {
      // What may be kept no longer is not kept in memory either.
      if (!head.usable) this.#opened.delete(head.organisation);
      found.set(head.organisation, head.usable ? await this.#open(client, head) : null);
    }
    return found;
  }

  /**
   * Puts a cleaned list in force. From its commit on every batch knows it, and what may no longer be disclosed is to be
   * withdrawn. Views are filled with what waited for it, from where that begins. They are filled again from the beginning
   * if somebody who was withheld is withheld no longer, or if no list says who was: where those records lie is not known.
   * Where nobody left a list that was swept there is nobody to withdraw.
   */
  async accept(client: Queryable, organisation: string, list: CleanedList): Promise<void> {
    const before = await this.#before(client, organisation);
    const stillWithheld = before !== null && staysWithheld(before, list);
    const swept = before !== null && before.swept && nobodyLeft(before, list);
    await client.query(
      `UPDATE check_list SET number = number + 1, received_at = clock_timestamp(), listed = $2, answered = $3,
         swept = $4, request = NULL, asked = NULL, trouble = NULL, trouble_at = NULL WHERE organisation = $1`,
      [
        organisation,
        this.#seal.close(bytesOf(list.listed), placeOf(organisation)),
        this.#seal.close(bytesOf(list.asked), answeredPlaceOf(organisation)),
        swept,
      ],
    );
    await client.query(
      stillWithheld
        ? `UPDATE view_terms t SET catch_up = true FROM view v WHERE v.id = t.view_id AND v.organisation = $1
             AND v.active AND EXISTS (SELECT FROM view_waiting w WHERE w.view_id = v.id)`
        : `UPDATE view_terms t SET refill = true FROM view v
           WHERE v.id = t.view_id AND v.organisation = $1 AND v.active AND t.holds_back`,
      [organisation],
    );
    // Whoever it withholds is swept out of the views, and is to come back with a list that withholds them no longer.
    if (list.listed.length < list.asked.length) {
      await client.query(
        `UPDATE view_terms t SET holds_back = true FROM view v
         WHERE v.id = t.view_id AND v.organisation = $1 AND v.active AND t.opt_out AND NOT t.holds_back`,
        [organisation],
      );
    }
  }

  /** Drops what may be kept no longer; from then on the organisation's views hold everybody back. */
  async expire(): Promise<string[]> {
    const { rows } = await this.#pool.query<{ organisation: string }>(
      `UPDATE check_list SET number = number + 1, received_at = NULL, listed = NULL, answered = NULL, held_since = now()
       WHERE received_at <= now() - $1 * interval '1 ms' RETURNING organisation`,
      [this.#maxAgeMs],
    );
    for (const { organisation } of rows) this.#opened.delete(organisation);
    return rows.map(({ organisation }) => organisation);
  }

  async #open(client: Queryable, { organisation, number }: Head): Promise<ListInForce | null> {
    const held = this.#opened.get(organisation);
    if (held?.number === number) return held;
    const { rows } = await client.query<Sealed>(
      `SELECT listed, answered FROM check_list WHERE organisation = $1`,
      [organisation],
    );
    const { listed, answered } = rows[0] ?? { listed: null, answered: null };
    if (!listed) return null;
    const list = {
      number,
      listed: this.#people(listed, placeOf(organisation)),
      // Of a list that came before this was kept nobody knows: whoever is not on it waits.
      asked: answered ? this.#people(answered, answeredPlaceOf(organisation)) : NOBODY,
    };
    this.#opened.set(organisation, list);
    return list;
  }

  /**
   * The list that another is to replace, locked: batches that still use it are waited for, so that what they held back is
   * known. Null where there is none, where it is too old, or where whom it answered about was not kept.
   */
  async #before(client: Queryable, organisation: string) {
    const { rows } = await client.query<Sealed & { swept: boolean }>(
      `SELECT listed, answered, swept FROM check_list WHERE organisation = $1
         AND received_at > now() - $2 * interval '1 ms' FOR UPDATE`,
      [organisation, this.#maxAgeMs],
    );
    const [row] = rows;
    if (!row?.listed || !row.answered) return null;
    return {
      swept: row.swept,
      listed: this.#people(row.listed, placeOf(organisation)),
      asked: numbersOf(this.#seal.open(row.answered, answeredPlaceOf(organisation))),
    };
  }

  #people(sealed: Buffer, place: string): People {
    return new People(numbersOf(this.#seal.open(sealed, place)));
  }
}

/** Whether everybody whom the list before answered about was asked about again, and whom it withheld this one withholds too. */
export function staysWithheld(before: Before, { asked, listed }: CleanedList): boolean {
  const [nowAsked, nowListed] = [new People(asked), new People(listed)];
  return before.asked.every(
    (number) => nowAsked.has(number) && (before.listed.has(number) || !nowListed.has(number)),
  );
}

/** Whether everybody who was on the list before is on this one. */
export function nobodyLeft(before: Before, { listed }: CleanedList): boolean {
  const nowListed = new People(listed);
  return before.asked.every((number) => !before.listed.has(number) || nowListed.has(number));
}

const NOBODY = new People(new Uint32Array());
const placeOf = (organisation: string): string => `cleaned list/${organisation}`;
const answeredPlaceOf = (organisation: string): string => `answered about/${organisation}`;
