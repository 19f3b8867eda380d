import type { ClientBase } from 'pg';

import { byteaArray, plainArray } from './arrays.js';
import { ringFor, shardOf, SHARDS } from './doorbell.js';
import { personHash, plainBody } from './envelope.js';
import { packed } from './pack.js';
import type { OutboxRow } from './pack.js';

/** Records of one statement: 500 in 200 views at a time would be one of 100 MB. */
const ROWS_AT_ONCE = 5_000;

/** A record as a publisher without state of its own (disclosure) hands it in. */
export type OutgoingRecord = {
  topics: readonly string[];
  key: string;
  value: Buffer | null;
  headers: Iterable<readonly [string, string | Buffer]>;
};

/** The same, ready as `EnvelopeWriter` wrote it. */
export type WrittenRecord = { topics: readonly string[]; person: string; body: Buffer };

type Queryable = Pick<ClientBase, 'query'>;

export const INSERT_OUTBOX = {
  name: 'outbox-insert',
  text: `INSERT INTO outbox (shard, route, hash, body)
         SELECT u.shard, u.route, u.hash, u.body
         FROM unnest($1::int2[], $2::int2[], $3::int4[], $4::bytea[]) WITH ORDINALITY AS u(shard, route, hash, body, n)
         ORDER BY u.n`,
};

/** The parameters of `INSERT_OUTBOX`: each shard's records packed, in their order. */
export function outboxParameters(records: readonly OutboxRow[]): (string | Buffer)[] {
  const byShard = Array.from({ length: SHARDS }, (): OutboxRow[] => []);
  for (const record of records) byShard[shardOf(record.hash)]!.push(record);
  const shards: number[] = [];
  const rows: OutboxRow[] = [];
  for (const [shard, own] of byShard.entries()) {
    for (const row of packed(own)) {
      shards.push(shard);
      rows.push(row);
    }
  }
  return [
    plainArray(shards),
    plainArray(rows.map(({ route }) => route)),
    plainArray(rows.map(({ hash }) => hash)),
    byteaArray(rows.map(({ body }) => body)),
  ];
}

/**
 * Routes: the list of topics that a row goes to, as a small number. Kept in the table so that the relay, in
 * another thread or process, can resolve them.
 */
export class Routes {
  readonly #ids = new Map<string, number>();

  constructor(private readonly pool: Queryable) {}

  /** The number of a list of topics; made if new. */
  async id(topics: readonly string[]): Promise<number> {
    const name = topics.join(' ');
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    await this.pool.query(
      `INSERT INTO outbox_route (topics) VALUES ($1::text[]) ON CONFLICT (topics) DO NOTHING`,
      [topics],
    );
    const found = await this.pool.query<{ id: number }>(
      `SELECT id FROM outbox_route WHERE topics = $1::text[]`,
      [topics],
    );
    const id = found.rows[0]!.id;
    this.#ids.set(name, id);
    return id;
  }

  /** Nothing goes to these topics any more: the broker refuses it, and rows that wait would hold up those behind them. */
  async close(topics: readonly string[]): Promise<void> {
    await this.pool.query(`UPDATE outbox_route SET closed = true WHERE topics <@ $1::text[]`, [
      topics,
    ]);
  }
}

/**
 * An outbox for a publisher that keeps its own state: `write` puts records into the publisher's own
 * transaction, the relay sends them after commit.
 */
export function openOutbox(pool: Queryable): {
  write(
    transaction: Queryable,
    records: readonly (OutgoingRecord | WrittenRecord)[],
  ): Promise<void>;
} {
  const routes = new Routes(pool);
  return {
    async write(transaction, records) {
      if (records.length === 0) return;
      const rows: OutboxRow[] = [];
      for (const record of records) {
        const { person, body } = 'body' in record ? record : written(record);
        rows.push({ route: await routes.id(record.topics), hash: personHash(person), body });
      }
      for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
        const values = outboxParameters(rows.slice(at, at + ROWS_AT_ONCE));
        await transaction.query({ ...INSERT_OUTBOX, values });
      }
      await transaction.query(ringFor(rows));
    },
  };
}

function written({ key, value, headers }: OutgoingRecord): Omit<WrittenRecord, 'topics'> {
  const person = key.slice(0, key.indexOf('.'));
  return { person, body: plainBody(Buffer.from(key), value, headers) };
}
