import { atOnce, inTransaction } from '@caremesh/platform';
import type { Statement } from '@caremesh/platform';
import type { InspectedBatch } from '@caremesh/product';
import type { Pool, PoolClient } from 'pg';

import type { Counted, Finding } from './look.js';

// A list that nobody takes away does not grow for ever; the totals go on.
const MOST_WAITING = 1_000;

/** Keeps positions and counts, each batch in one transaction. */
export class CountStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Name of this reader, in its consumer groups. */
  async reader(): Promise<string> {
    const { rows } = await this.#pool.query<{ name: string }>('SELECT name FROM reader');
    return rows[0]!.name;
  }

  /**
   * Counts what of a batch was not counted before. `count` gets the batch without it; positions are locked, so
   * two readers of one partition count each record once.
   */
  async take(batch: InspectedBatch, count: (fresh: InspectedBatch) => Counted): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      const before = await positions(client, batch);
      const counted = count(freshOf(batch, before));
      await atOnce(client, [moved(batch, before), ...added(batch.topic, counted)]);
      if (counted.findings.length > 0) await addFindings(client, batch.topic, counted.findings);
    });
  }

  /** Forgets counts older than the window. */
  async forget(before: Date): Promise<void> {
    await this.#pool.query('DELETE FROM tally WHERE part < $1', [before]);
    await this.#pool.query('DELETE FROM stated_field WHERE part < $1', [before]);
  }
}

async function positions(client: PoolClient, { topic, next }: InspectedBatch) {
  const partitions = [...next.keys()].sort((a, b) => a - b);
  const held = await lockedPositions(client, topic, partitions);
  if (held.size === partitions.length) return held;
  await client.query(
    `INSERT INTO topic_position (topic, partition, next_offset)
     SELECT $1, unnest($2::integer[]), 0 ON CONFLICT DO NOTHING`,
    [topic, partitions],
  );
  return lockedPositions(client, topic, partitions);
}

async function lockedPositions(client: PoolClient, topic: string, partitions: readonly number[]) {
  const { rows } = await client.query<{ partition: number; next_offset: string }>({
    name: 'positions',
    text: `SELECT partition, next_offset FROM topic_position
            WHERE topic = $1 AND partition = ANY($2) ORDER BY partition FOR UPDATE`,
    values: [topic, partitions],
  });
  return new Map(rows.map((row) => [row.partition, BigInt(row.next_offset)]));
}

/** The batch without the records below the positions. Pure. */
export function freshOf(
  batch: InspectedBatch,
  before: ReadonlyMap<number, bigint>,
): InspectedBatch {
  const isFresh = ({ partition, offset }: { partition: number; offset: bigint }) =>
    offset >= (before.get(partition) ?? 0n);
  return {
    ...batch,
    records: batch.records.filter(({ origin }) => isFresh(origin)),
    refused: batch.refused.filter(isFresh),
  };
}

function moved({ topic, next }: InspectedBatch, before: ReadonlyMap<number, bigint>): Statement {
  const ahead = [...next].filter(([partition, offset]) => offset > (before.get(partition) ?? 0n));
  return {
    name: 'positions-moved',
    text: `UPDATE topic_position p SET next_offset = u.next_offset
             FROM unnest($2::integer[], $3::bigint[]) AS u(partition, next_offset)
            WHERE p.topic = $1 AND p.partition = u.partition`,
    values: [
      topic,
      ahead.map(([partition]) => partition),
      ahead.map(([, offset]) => String(offset)),
    ],
  };
}

function added(topic: string, { records, found, tallies, stated }: Counted): Statement[] {
  if (records === 0) return [];
  const total = {
    name: 'total-added',
    text: `INSERT INTO topic_total AS t (topic, records, findings) VALUES ($1, $2, $3)
           ON CONFLICT (topic) DO UPDATE SET records = t.records + excluded.records,
             findings = t.findings + excluded.findings`,
    values: [topic, records, found],
  };
  return [
    total,
    ...(tallies.length > 0 ? [talliesAdded(topic, tallies)] : []),
    ...(stated.length > 0 ? [statedAdded(topic, stated)] : []),
  ];
}

function talliesAdded(topic: string, tallies: Counted['tallies']): Statement {
  return {
    name: 'tallies-added',
    text: `INSERT INTO tally AS t SELECT $1, to_timestamp(u.part / 1000.0), u.schema_id, u.records, u.live,
            u.findings, u.bytes, u.timely, u.late, u.slowest_ms, to_timestamp(u.newest_at / 1000.0)
       FROM unnest($2::bigint[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                   $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[])
         AS u(part, schema_id, records, live, findings, bytes, timely, late, slowest_ms, newest_at)
     ON CONFLICT (topic, part, schema_id) DO UPDATE SET records = t.records + excluded.records,
       live = t.live + excluded.live, findings = t.findings + excluded.findings,
       bytes = t.bytes + excluded.bytes, timely = t.timely + excluded.timely, late = t.late + excluded.late,
       slowest_ms = greatest(t.slowest_ms, excluded.slowest_ms),
       newest_at = greatest(t.newest_at, excluded.newest_at)`,
    values: [
      topic,
      tallies.map(({ part }) => part),
      tallies.map(({ schemaId }) => schemaId),
      tallies.map(({ records }) => records),
      tallies.map(({ live }) => live),
      tallies.map(({ findings }) => findings),
      tallies.map(({ bytes }) => bytes),
      tallies.map(({ timely }) => timely),
      tallies.map(({ late }) => late),
      tallies.map(({ slowestMs }) => slowestMs),
      tallies.map(({ newestAt }) => newestAt),
    ],
  };
}

function statedAdded(topic: string, stated: Counted['stated']): Statement {
  return {
    name: 'stated-added',
    text: `INSERT INTO stated_field AS t SELECT $1, to_timestamp(u.part / 1000.0), u.field, u.stated
       FROM unnest($2::bigint[], $3::text[], $4::bigint[]) AS u(part, field, stated)
     ON CONFLICT (topic, part, field) DO UPDATE SET stated = t.stated + excluded.stated`,
    values: [
      topic,
      stated.map(({ part }) => part),
      stated.map(({ field }) => field),
      stated.map((one) => one.stated),
    ],
  };
}

// What a record claims of itself (its time, its schema id of 32 bits without a sign) is bounded before it is stored.
async function addFindings(client: PoolClient, topic: string, all: readonly Finding[]) {
  const { rows } = await client.query<{ waiting: string }>(
    'SELECT count(*) AS waiting FROM finding WHERE topic = $1',
    [topic],
  );
  const findings = all.slice(0, Math.max(0, MOST_WAITING - Number(rows[0]!.waiting)));
  await client.query(
    `INSERT INTO finding
     SELECT $1, u.partition, u.place, u.step, u.code, u.path, u.schema_id, u.publisher,
            to_timestamp(u.written_at / 1000.0)
       FROM unnest($2::integer[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
                   $9::bigint[])
         AS u(partition, place, step, code, path, schema_id, publisher, written_at)
     ON CONFLICT DO NOTHING`,
    [
      topic,
      findings.map(({ partition }) => partition),
      findings.map(({ offset }) => String(offset)),
      findings.map(({ step }) => step),
      findings.map(({ code }) => code),
      findings.map(({ path }) => path),
      findings.map(({ schemaId }) => schemaId),
      findings.map(({ publisher }) => publisher),
      findings.map(({ timestamp }) => Math.min(Math.max(Number(timestamp), 0), Date.now())),
    ],
  );
}
