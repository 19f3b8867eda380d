import type { Seal } from '@caremesh/product';
import type { ClientBase, Pool } from 'pg';

import { bytesOf, numbersOf, People } from './people.js';

type Queryable = Pick<ClientBase, 'query'>;
type Head = { organisation: string; number: number; usable: boolean };

/** The lists of those who may be disclosed, one for each organisation that an opt-out applies to. */
export class Lists {
  readonly #pool: Pool;
  readonly #seal: Seal;
  readonly #maxAgeMs: number;
  readonly #opened = new Map<string, { number: number; people: People }>();

  constructor(parts: { pool: Pool; seal: Seal; maxAgeMs: number }) {
    this.#pool = parts.pool;
    this.#seal = parts.seal;
    this.#maxAgeMs = parts.maxAgeMs;
  }

  /**
   * The people of each organisation's list as it stands in the transaction at hand; null where there is none that may be
   * used. The rows stay locked, so that another list waits for the batches that still use this one.
   */
  async inForce(
    client: Queryable,
    organisations: readonly string[],
  ): Promise<Map<string, People | null>> {
    const { rows } = await client.query<Head>(
      `SELECT organisation, number, coalesce(received_at > now() - $2 * interval '1 ms', false) AS usable
       FROM check_list WHERE organisation = ANY($1) ORDER BY organisation FOR SHARE`,
      [organisations, this.#maxAgeMs],
    );
    const found = new Map<string, People | null>();
    for (const head of rows) {
      // What may be kept no longer is not kept in memory either.
      if (!head.usable) this.#opened.delete(head.organisation);
      found.set(head.organisation, head.usable ? await this.#open(client, head) : null);
    }
    return found;
  }

  /**
   * Puts a cleaned list in force. From its commit on every batch knows it; views that held people back are to be filled
   * again, and what may no longer be disclosed is to be withdrawn.
   */
  async accept(client: Queryable, organisation: string, numbers: Uint32Array): Promise<void> {
    const listed = this.#seal.close(bytesOf(numbers), placeOf(organisation));
    await client.query(
      `UPDATE check_list SET number = number + 1, received_at = clock_timestamp(), listed = $2, swept = false,
         request = NULL, asked = NULL, trouble = NULL, trouble_at = NULL WHERE organisation = $1`,
      [organisation, listed],
    );
    await client.query(
      `UPDATE view_terms t SET refill = true FROM view v
       WHERE v.id = t.view_id AND v.organisation = $1 AND v.active AND t.holds_back`,
      [organisation],
    );
  }

  /** Drops what may be kept no longer; from then on the organisation's views hold everybody back. */
  async expire(): Promise<string[]> {
    const { rows } = await this.#pool.query<{ organisation: string }>(
      `UPDATE check_list SET number = number + 1, received_at = NULL, listed = NULL, held_since = now()
       WHERE received_at <= now() - $1 * interval '1 ms' RETURNING organisation`,
      [this.#maxAgeMs],
    );
    for (const { organisation } of rows) this.#opened.delete(organisation);
    return rows.map(({ organisation }) => organisation);
  }

  async #open(client: Queryable, { organisation, number }: Head): Promise<People | null> {
    const held = this.#opened.get(organisation);
    if (held?.number === number) return held.people;
    const { rows } = await client.query<{ listed: Buffer | null }>(
      `SELECT listed FROM check_list WHERE organisation = $1`,
      [organisation],
    );
    const listed = rows[0]?.listed;
    if (!listed) return null;
    const people = new People(numbersOf(this.#seal.open(listed, placeOf(organisation))));
    this.#opened.set(organisation, { number, people });
    return people;
  }
}

const placeOf = (organisation: string): string => `cleaned list/${organisation}`;
