import type { Seal } from '@caremesh/product';
import type { ClientBase, Pool } from 'pg';

import type { ProductReceived } from '../disclose/product-record.js';
import { numberOf, numbersOf, bytesOf } from './people.js';

/** People known to be in the table, of all editions together; more are looked up there. */
const REMEMBERED = 200_000;
/** Rows read at once. */
const PAGE = 10_000;

type Row = { person: string; sealed: Buffer; seenAt: string; seen: number };
/**
 * What was read of an edition: its people's numbers, and whose rows are young enough to be read again: those since `settled`,
 * in milliseconds since 1970, null before anything was read.
 */
type Held = {
  numbers: Uint32Array;
  rows: number;
  settled: number | null;
  young: ReadonlySet<string>;
};
const NOTHING: Held = { numbers: new Uint32Array(), rows: 0, settled: null, young: new Set() };

/** Whom the editions are about that an opt-out may apply to: those whom the check service is asked about. */
export class Cohort {
  readonly #seal: Seal;
  readonly #known = new Map<string, Set<string>>();
  #remembered = 0;
  readonly #held = new Map<string, Held>();

  constructor(seal: Seal) {
    this.#seal = seal;
  }

  /** Adds the people of a batch, in its transaction. */
  async note(
    client: Pick<ClientBase, 'query'>,
    edition: string,
    records: readonly ProductReceived[],
  ): Promise<void> {
    const known = this.#knownOf(edition);
    const numbers = new Map<string, string>();
    for (const { key, value } of records) {
      const number = value?.nhsNumber ?? null;
      if (number !== null && !known.has(key.person)) numbers.set(key.person, number);
    }
    if (numbers.size === 0) return;
    const { rows } = await client.query<{ person: string }>(
      `SELECT source_person AS person FROM cohort_person WHERE edition = $1 AND source_person = ANY($2)`,
      [edition, [...numbers.keys()]],
    );
    // Only who is found committed is remembered: what is added now may yet be rolled back.
    for (const { person } of rows) {
      this.#remember(known, person);
      numbers.delete(person);
    }
    await this.#add(client, edition, [...numbers]);
  }

  /** The numbers of everybody in these editions, in order, each once; and how many rows they stood in. */
  async numbers(
    pool: Pool,
    editions: readonly string[],
  ): Promise<{ numbers: Uint32Array; rows: number }> {
    const found: Held[] = [];
    for (const edition of editions) found.push(await this.#read(pool, edition));
    return {
      numbers: merged(found.map(({ numbers }) => numbers)),
      rows: found.reduce((sum, { rows }) => sum + rows, 0),
    };
  }

  // A row is opened once: with every one opened for each list, new people at 200 records a second took disclosure 30 % of a core, and 12 so.
  async #read(pool: Pool, edition: string): Promise<Held> {
    const before = this.#held.get(edition) ?? NOTHING;
    const { rows: counted } = await pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM cohort_person WHERE edition = $1',
      [edition],
    );
    let held = await this.#added(pool, edition, before);
    if (held.rows < counted[0]!.count && before !== NOTHING) {
      held = await this.#added(pool, edition, NOTHING);
    }
    if (held.young.size > REMEMBERED) this.#held.delete(edition);
    else this.#held.set(edition, held);
    return held;
  }

  /** What is held of an edition, and what came since. */
  async #added(pool: Pool, edition: string, held: Held): Promise<Held> {
    const settled = await settledAt(pool);
    const numbers: number[] = [];
    const young: string[] = [];
    let after = [held.settled === null ? '-infinity' : new Date(held.settled).toISOString(), ''];
    for (;;) {
      const { rows } = await pool.query<Row>(
        `SELECT source_person AS person, sealed, seen_at::text AS "seenAt",
           (extract(epoch FROM seen_at) * 1000)::float8 AS seen
         FROM cohort_person WHERE edition = $1 AND (seen_at, source_person) > ($2::timestamptz, $3)
         ORDER BY seen_at, source_person LIMIT ${PAGE}`,
        [edition, ...after],
      );
      for (const { person, sealed, seen } of rows) {
        if (!held.young.has(person)) numbers.push(this.open(edition, person, sealed));
        // A millisecond more than is read again: what is read twice must be known, or it would be counted twice.
        if (seen > settled - 1) young.push(person);
      }
      if (rows.length < PAGE) break;
      const last = rows.at(-1)!;
      after = [last.seenAt, last.person];
    }
    return {
      numbers: merged([held.numbers, new Uint32Array(numbers)]),
      rows: held.rows + numbers.length,
      settled,
      young: new Set(young),
    };
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

  #remember(known: Set<string>, person: string): void {
    if (this.#remembered >= REMEMBERED) {
      for (const own of this.#known.values()) own.clear();
      this.#remembered = 0;
    }
    known.add(person);
    this.#remembered += 1;
  }

  #knownOf(edition: string): Set<string> {
    let known = this.#known.get(edition);
    if (known === undefined) this.#known.set(edition, (known = new Set()));
    return known;
  }
}

/**
 * From when on a row may yet come, in milliseconds since 1970: its time is that of its transaction's beginning. A second before that of
 * the oldest one under way, should one that begins now not be shown yet; whoever came in one older still is found by the number of rows.
 */
export async function settledAt(client: Pick<ClientBase, 'query'>): Promise<number> {
  const { rows } = await client.query<{ at: number }>(
    `SELECT (extract(epoch FROM least(min(xact_start), now()) - interval '1 second') * 1000)::float8 AS at
     FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`,
  );
  return rows[0]!.at;
}

/** Numbers of several sets in order, each once. */
function merged(sets: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(sets.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const set of sets) {
    all.set(set, at);
    at += set.length;
  }
  all.sort();
  return all.filter((number, index) => index === 0 || number !== all[index - 1]);
}

const placeOf = (edition: string, person: string): string => `cohort/${edition}/${person}`;
