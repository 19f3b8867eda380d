import type { Seal } from '@caremesh/product';
import type { ClientBase, Pool } from 'pg';

import type { ProductReceived } from '../disclose/product-record.js';
import { numberOf, numbersOf, bytesOf } from './people.js';

/** People known to be in the table; more are looked up there. */
const REMEMBERED = 200_000;
/** Rows read at once. */
const PAGE = 10_000;

/** Whom the editions are about that an opt-out may apply to: those whom the check service is asked about. */
export class Cohort {
  readonly #seal: Seal;
  readonly #known = new Set<string>();

  constructor(seal: Seal) {
    this.#seal = seal;
  }

  /** Adds the people of a batch, in its transaction. */
  async note(
    client: Pick<ClientBase, 'query'>,
    edition: string,
    records: readonly ProductReceived[],
  ): Promise<void> {
    const numbers = new Map<string, string>();
    for (const { key, value } of records) {
      const number = value?.nhsNumber ?? null;
      if (number !== null && !this.#known.has(`${edition} ${key.person}`)) {
        numbers.set(key.person, number);
      }
    }
    if (numbers.size === 0) return;
    const { rows } = await client.query<{ person: string }>(
      `SELECT source_person AS person FROM cohort_person WHERE edition = $1 AND source_person = ANY($2)`,
      [edition, [...numbers.keys()]],
    );
    // Only who is found committed is remembered: what is added now may yet be rolled back.
    for (const { person } of rows) {
      this.#remember(`${edition} ${person}`);
      numbers.delete(person);
    }
    await this.#add(client, edition, [...numbers]);
  }

  /** The numbers of everybody in these editions, in order, each once; and how many rows they stood in. */
  async numbers(
    pool: Pool,
    editions: readonly string[],
  ): Promise<{ numbers: Uint32Array; rows: number }> {
    const found: number[] = [];
    for (const edition of editions) {
      for (let after = ''; ;) {
        const { rows } = await pool.query<{ person: string; sealed: Buffer }>(
          `SELECT source_person AS person, sealed FROM cohort_person
           WHERE edition = $1 AND source_person > $2 ORDER BY source_person LIMIT ${PAGE}`,
          [edition, after],
        );
        for (const { person, sealed } of rows) found.push(this.open(edition, person, sealed));
        if (rows.length < PAGE) break;
        after = rows.at(-1)!.person;
      }
    }
    return { numbers: new Uint32Array(new Set(found)).sort(), rows: found.length };
  }

  /** The number of one person of an edition. */
  open(edition: string, person: string, sealed: Buffer): number {
    return numbersOf(this.#seal.open(sealed, placeOf(edition, person)))[0]!;
  }

  async #add(
    client: Pick<ClientBase, 'query'>,
    edition: string,
    people: [person: string, nhsNumber: string][],
  ): Promise<void> {
    if (people.length === 0) return;
    // In one order everywhere, so that two batches with the same people do not wait for each other crosswise.
    people.sort(([a], [b]) => (a < b ? -1 : 1));
    await client.query(
      `INSERT INTO cohort_person (edition, source_person, sealed)
       SELECT $1, * FROM unnest($2::text[], $3::bytea[]) ON CONFLICT DO NOTHING`,
      [
        edition,
        people.map(([person]) => person),
        people.map(([person, nhsNumber]) =>
          this.#seal.close(
            bytesOf(new Uint32Array([numberOf(nhsNumber)])),
            placeOf(edition, person),
          ),
        ),
      ],
    );
  }

  #remember(name: string): void {
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.add(name);
  }
}

const placeOf = (edition: string, person: string): string => `cohort/${edition}/${person}`;
