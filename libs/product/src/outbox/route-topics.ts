import type { Client } from 'pg';

/** Where the rows of a route go, as a relay knows it: asked once, and again where the broker takes no more of one. */
export class RouteTopics {
  readonly #known = new Map<number, readonly string[]>();

  constructor(private readonly client: Pick<Client, 'query'>) {}

  /** The topics of a route; none of one that is closed. */
  async of(route: number): Promise<readonly string[]> {
    const known = this.#known.get(route);
    if (known) return known;
    const found = await this.client.query<{ topics: string[] }>(
      `SELECT CASE WHEN closed THEN '{}' ELSE topics END AS topics FROM outbox_route WHERE id = $1`,
      [route],
    );
    const topics = found.rows[0]?.topics;
    if (!topics) throw new Error(`Outbox route ${route} does not exist`);
    this.#known.set(route, topics);
    return topics;
  }

  /** The topics among these to which nothing goes any more. What was known is asked anew after that. */
  async closedOf(topics: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await this.client.query<{ topic: string }>(
      `SELECT DISTINCT topic FROM outbox_route, unnest(topics) AS topic WHERE closed AND topic = ANY($1::text[])`,
      [topics],
    );
    if (found.rows.length > 0) this.#known.clear();
    return new Set(found.rows.map(({ topic }) => topic));
  }
}
