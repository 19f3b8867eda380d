import { setTimeout as sleep } from 'node:timers/promises';

import type { Client } from 'pg';

import type { FencedProducer, PartitionBatch } from '../kafka/fenced-producer.js';
import { unpacked } from './pack.js';
import type { OutboxRow } from './pack.js';
import type { RouteTopics } from './route-topics.js';

/** A broker takes 1 MiB per batch unless told otherwise; this leaves room for the batch's own header. */
const BATCH_BYTES = 900_000;
const MOST_ROWS = 1_000;
const FEWEST_ROWS = 16;
/**
 * A shard is looked at no more often than this while little comes: records of several commits share a request, and one
 * that comes alone after a pause still goes at once.
 */
const PACE_MS = 4;
/**
 * A request costs the broker, and every consumer after it, much the same whether it holds one record or fifty. So the more
 * comes, the longer is gathered, from 320 records a second in four shards on: 20 connections of a hospital's messages kept both
 * cores busy with requests of three records.
 */
const QUIET_RECORDS_PER_MS = 0.08;
const GATHERED_RECORDS = 200;
const LONGEST_PACE_MS = 40;
/** The rate is that of the last fifth of a second, roughly. */
const RATE_OVER_MS = 200;
/** Bytes of records that are wanted at a time: about what a thousand of them are. */
const READ_BYTES = 1_000_000;

type Row = [pos: string, route: number, hash: number, body: Buffer];
type Looked = { last: string; full: boolean; records: OutboxRow[] };

/**
 * One shard of the relay: reads behind its cursor, sends, moves the cursor, in this order. What was sent
 * before a crash and not yet marked is sent again; consumers know it by `ce_id`.
 */
export class Shard {
  readonly #client: Client;
  readonly #producer: FencedProducer;
  readonly #routes: Pick<RouteTopics, 'of' | 'closedOf'>;
  #cursor = '0';
  #limit = 256;
  #lookedAt = 0;
  #recordsPerMs = 0;
  sent = 0;

  constructor(
    readonly number: number,
    parts: {
      client: Client;
      producer: FencedProducer;
      routes: Pick<RouteTopics, 'of' | 'closedOf'>;
    },
  ) {
    this.#client = parts.client;
    this.#producer = parts.producer;
    this.#routes = parts.routes;
  }

  /** Takes the shard over: former senders are fenced before the cursor is read. */
  async open(): Promise<void> {
    await this.#producer.open();
    const found = await this.#client.query<{ pos: string }>(
      `SELECT pos FROM outbox_cursor WHERE shard = $1`,
      [this.number],
    );
    this.#cursor = found.rows[0]!.pos;
  }

  /** Sends what there is now, or until `stopped()` says so. */
  async drain(stopped: () => boolean): Promise<void> {
    const early = this.#lookedAt + paceAt(this.#recordsPerMs) - performance.now();
    if (early > 0) await sleep(early);
    const before = this.#lookedAt;
    let looked = await this.#look();
    const passed = this.#lookedAt - before;
    const kept = Math.exp(-passed / RATE_OVER_MS);
    const now = (looked?.records.length ?? 0) / Math.max(passed, 1);
    this.#recordsPerMs = kept * this.#recordsPerMs + (1 - kept) * now;
    while (looked && !stopped()) {
      this.#cursor = looked.last;
      // The next rows are read while these are on their way.
      const next = looked.full ? this.#look() : null;
      next?.catch(() => undefined);
      await this.#send(looked.records);
      await this.#client.query({
        name: 'relay-move',
        text: `UPDATE outbox_cursor SET pos = $2, moved_at = now() WHERE shard = $1 AND pos < $2`,
        values: [this.number, this.#cursor],
      });
      looked = await next;
    }
  }

  /** What stands behind the cursor, as far as it is wanted at a time; null if nothing. */
  async #look(): Promise<Looked | null> {
    this.#lookedAt = performance.now();
    const limit = this.#limit;
    const { rows } = await this.#client.query<Row>({
      name: 'relay-read',
      rowMode: 'array',
      text: `SELECT pos, route, hash, body FROM outbox WHERE shard = $1 AND pos > $2 ORDER BY outbox.pos LIMIT $3`,
      values: [this.number, this.#cursor, limit],
    });
    if (rows.length === 0) return null;
    const records = rows.flatMap(([, route, hash, body]) => [...unpacked({ route, hash, body })]);
    const bytes = records.reduce((sum, { body }) => sum + body.length, 0);
    const wanted = Math.round(READ_BYTES / (bytes / rows.length));
    this.#limit = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, wanted));
    return {
      last: rows[rows.length - 1]![0],
      full: rows.length >= limit,
      records,
    };
  }

  async #send(records: readonly OutboxRow[]): Promise<void> {
    const batches = new Map<string, PartitionBatch & { bytes: number }>();
    for (const { route, hash, body } of records) {
      for (const topic of await this.#routes.of(route)) {
        const partition = hash % (await this.#producer.partitions(topic));
        const name = `${topic}/${partition}`;
        let batch = batches.get(name);
        if (batch && batch.bytes + body.length > BATCH_BYTES) {
          // All that is gathered goes first: a second batch of a partition may not overtake the first.
          await this.#producer.send([...batches.values()], this.#still);
          batches.clear();
          batch = undefined;
        }
        if (!batch) batches.set(name, (batch = { topic, partition, bodies: [], bytes: 0 }));
        batch.bodies.push(body);
        batch.bytes += body.length + 16;
      }
    }
    await this.#producer.send([...batches.values()], this.#still);
    this.sent += records.length;
  }

  /** Nobody writes a retired topic any more: rows that wait for it must not hold up those behind them. */
  readonly #still = async (batches: PartitionBatch[]): Promise<PartitionBatch[]> => {
    const closed = await this.#routes.closedOf(batches.map(({ topic }) => topic));
    return batches.filter(({ topic }) => !closed.has(topic));
  };
}

/** How long a shard waits between two looks when so much comes. */
function paceAt(recordsPerMs: number): number {
  const gathered = PACE_MS + (recordsPerMs - QUIET_RECORDS_PER_MS) * GATHERED_RECORDS;
  return Math.min(LONGEST_PACE_MS, Math.max(PACE_MS, gathered));
}
