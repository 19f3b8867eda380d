import type { PoolClient } from 'pg';

import type { Standing } from './requests.js';

/** A row's time is that of its transaction's beginning: no batch takes this long to commit, so that none older comes later. */
const LATE_MS = 5 * 60_000;

type Asked = Pick<Standing, 'organisation' | 'editions' | 'asked' | 'askedRows'>;
type Looked = { editions: string; at: number };

/** Whether people came into an organisation's editions since it was last asked about them. */
export class NewPeople {
  /** When it was last found that nobody had. */
  readonly #looked = new Map<string, Looked>();

  /**
   * A batch that began before the request may commit after it: what counts is the number of rows. To count them all costs 60 ms
   * for 250,000, so they are counted only while some are so young that a batch like that may be on its way.
   */
  async since(
    client: PoolClient,
    { organisation, editions, asked, askedRows }: Asked,
  ): Promise<boolean> {
    const name = editions.join(' ');
    const looked = this.#looked.get(organisation);
    const from = Math.max(asked ?? 0, looked?.editions === name ? looked.at : 0);
    const { rows: young } = await client.query<{ at: number; some: boolean }>(
      `SELECT (extract(epoch FROM now()) * 1000)::float8 AS at,
         EXISTS (SELECT FROM cohort_person WHERE edition = ANY($1)
                 AND seen_at > to_timestamp($2::float8 / 1000)) AS some`,
      [editions, from - LATE_MS],
    );
    const { at, some } = young[0]!;
    if (some && (await countOf(client, editions)) > askedRows) return true;
    this.#looked.set(organisation, { editions: name, at });
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
