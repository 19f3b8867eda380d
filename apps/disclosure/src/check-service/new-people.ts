import type { PoolClient } from 'pg';

import { settledAt } from '../choices/cohort.js';
import type { Standing } from './requests.js';

/** A row's time is that of its transaction's beginning: no batch takes this long to commit, so that none older comes later. */
const LATE_MS = 5 * 60_000;
/** A clock that is set back by less than this hides nobody. */
const SET_BACK_MS = 10_000;

type Asked = Pick<Standing, 'organisation' | 'editions' | 'asked' | 'askedRows'>;
/** `settled`: everybody who came before was seen. */
type Looked = { editions: string; settled: number };

/** Whether people came into an organisation's editions since it was last asked about them. */
export class NewPeople {
  /** When it was last found that nobody had. */
  readonly #looked = new Map<string, Looked>();

  constructor(private readonly setBackMs = SET_BACK_MS) {}

  /**
   * A batch that began before the request may commit after it: what counts is the number of rows. To count them all costs 60 ms
   * for 250,000, so they are counted only while some are so young that they may have come since the last look.
   */
  async since(
    client: PoolClient,
    { organisation, editions, asked, askedRows }: Asked,
  ): Promise<boolean> {
    const name = editions.join(' ');
    const looked = this.#looked.get(organisation);
    const seen = looked?.editions === name ? looked.settled - this.setBackMs : 0;
    // First, in a statement of its own: what is committed between this and the next is seen by the next.
    const settled = await settledAt(client);
    const { rows: young } = await client.query<{ some: boolean }>(
      `SELECT EXISTS (SELECT FROM cohort_person WHERE edition = ANY($1)
         AND seen_at > to_timestamp($2::float8 / 1000)) AS some`,
      [editions, Math.max((asked ?? 0) - LATE_MS, seen)],
    );
    if (young[0]!.some && (await countOf(client, editions)) > askedRows) return true;
    this.#looked.set(organisation, { editions: name, settled });
    return false;
  }
}

async function countOf(client: PoolClient, editions: readonly string[]): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM cohort_person WHERE edition = ANY($1)',
    [editions],
  );
  return rows[0]!.count;
}
