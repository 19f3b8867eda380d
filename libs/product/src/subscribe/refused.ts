import { createHash } from 'node:crypto';

import { keys, names } from '@caremesh/contract';
import { platformErrors, problem } from '@caremesh/platform';
import type { ClientBase, Pool } from 'pg';

import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import { causeCode } from '../quarantine/cause.js';
import { publisherOf } from '../quarantine/origin.js';
import { isRefusalStep } from './decoder.js';
import type { Refusal } from './decoder.js';
import { letterOf } from './letter.js';
import type { LetterSeal } from './letter.js';

/** One line of a consumer's quarantine list. The payload is not in it: it is in the dead letter. */
export type RefusedItem = {
  id: string;
  product: string;
  source: string;
  publisher: string;
  publisherOds: null;
  receivedAt: string;
  step: string;
  errors: Fault[];
  state: string;
  sha256: string;
  bytes: number;
  origin: { topic: string; partition: number; offset: number };
};

/** Which lines of the list are wanted. */
export type RefusedFilter = {
  /** A fault's code or name, or a step. */
  cause?: string | undefined;
  publisher?: string | undefined;
  /** Only lines of these publishers: what the asker may see. */
  publishers?: readonly string[] | undefined;
  state?: string | undefined;
  /** RFC 3339: received from here on, and before there. */
  from?: string | undefined;
  to?: string | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
};

/** Where in a record its fault is; in its value unless said. */
const PLACES: Partial<Record<Refusal['step'], string>> = { key: '/key', envelope: '/headers' };

/**
 * Writes refusals to the quarantine list, and the sealed dead letter of each, in the transaction of the batch.
 * A record that is read again after a crash is already there and is neither listed nor sent a second time.
 */
export async function refuse(
  client: ClientBase,
  consumer: string,
  refusals: readonly Refusal[],
  seal: LetterSeal,
): Promise<void> {
  for (const refusal of refusals) {
    const id = idOf(consumer, refusal);
    const found = fault(refusal.fault, PLACES[refusal.step] ?? '/value', refusal.detail);
    await client.query(
      `INSERT INTO quarantine (id, product, source, received_at, step, codes, errors, sha256, bytes,
         origin_topic, origin_partition, origin_offset)
       VALUES ($1, $2, $3, now(), $4, $5, $6, $7, $8, $3, $9, $10) ON CONFLICT DO NOTHING`,
      line(id, refusal, found),
    );
    await client.query(
      `INSERT INTO dead_letter (id, consumer, sealed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [id, consumer, seal.close(letterOf(refusal, found.code))],
    );
  }
}

/** The same record refused by the same consumer has the same id. A topic made anew may use an offset again. */
function idOf(consumer: string, { raw }: Refusal): string {
  const place = `${raw.topic}/${raw.partition}/${raw.offset}/${raw.timestamp}`;
  return keys.keyedHash(Buffer.from(consumer), place);
}

function line(id: string, { raw, step }: Refusal, found: Fault): unknown[] {
  const value = raw.value ?? Buffer.alloc(0);
  const sha256 = createHash('sha256').update(value).digest('hex');
  const errors = JSON.stringify([found]);
  const { topic, partition, offset } = raw;
  const product = productOf(topic);
  return [
    id,
    product,
    topic,
    step,
    [found.code],
    errors,
    sha256,
    value.length,
    partition,
    `${offset}`,
  ];
}

function productOf(topic: string): string {
  const name = names.parseTopic(topic);
  return name !== null && 'product' in name ? name.id : topic;
}

type Row = {
  id: string;
  product: string;
  step: string;
  errors: Fault[];
  state: string;
  sha256: string;
  bytes: number;
  received_at: Date;
  origin_topic: string;
  origin_partition: number;
  origin_offset: string;
};

const COLUMNS = `id, product, step, errors, state, sha256, bytes, received_at, origin_topic, origin_partition,
  origin_offset`;

/** Whether a record can have been refused for that: of a cause that does not exist it would be wrong to say that nothing has it. */
export const isRefusalCause = (cause: string): boolean =>
  causeCode(cause) !== null || isRefusalStep(cause);

/** Refused records, newest first; `next` is the cursor of the following page, null on the last. Throws MESH-5130 for one that is none. */
export async function listRefused(
  pool: Pool,
  filter: RefusedFilter = {},
): Promise<{ items: RefusedItem[]; next: string | null }> {
  const limit = Math.min(filter.limit ?? 100, 1000);
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS} FROM quarantine
     WHERE origin_topic IS NOT NULL AND ($1::text IS NULL OR step = $1 OR $1 = ANY(codes))
       AND ($2::text IS NULL OR split_part(origin_topic, '.', 1) = $2)
       AND ($3::text[] IS NULL OR split_part(origin_topic, '.', 1) = ANY($3))
       AND ($4::text IS NULL OR state = $4)
       AND ($5::text IS NULL OR (received_at, id) < (SELECT received_at, id FROM quarantine WHERE id = $5))
       AND ($6::timestamptz IS NULL OR received_at >= $6) AND ($7::timestamptz IS NULL OR received_at < $7)
     ORDER BY received_at DESC, id DESC LIMIT $8`,
    [
      filter.cause === undefined ? null : (causeCode(filter.cause) ?? filter.cause),
      filter.publisher ?? null,
      filter.publishers ?? null,
      filter.state ?? null,
      filter.cursor ?? null,
      filter.from ?? null,
      filter.to ?? null,
      limit + 1,
    ],
  );
  // Behind a record that there is not, nothing would be found: that would look like the end of the list.
  const { cursor } = filter;
  if (rows.length === 0 && cursor !== undefined && (await findRefused(pool, cursor)) === null)
    throw problem(platformErrors.badCursor);
  const page = rows.slice(0, limit);
  return { items: page.map(toItem), next: rows.length > limit ? page.at(-1)!.id : null };
}

/** One refused record by its id, or null. */
export async function findRefused(pool: Pool, id: string): Promise<RefusedItem | null> {
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS} FROM quarantine WHERE id = $1 AND origin_topic IS NOT NULL`,
    [id],
  );
  return rows[0] === undefined ? null : toItem(rows[0]);
}

function toItem(row: Row): RefusedItem {
  const { origin_topic: topic, origin_partition: partition, origin_offset: offset } = row;
  return {
    id: row.id,
    product: row.product,
    source: topic,
    publisher: publisherOf(topic),
    publisherOds: null,
    receivedAt: row.received_at.toISOString(),
    step: row.step,
    errors: row.errors,
    state: row.state,
    sha256: row.sha256,
    bytes: row.bytes,
    origin: { topic, partition, offset: Number(offset) },
  };
}
