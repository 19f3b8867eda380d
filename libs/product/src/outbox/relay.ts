import { setTimeout as sleep } from 'node:timers/promises';

import { BY_KEY } from '@caremesh/platform/thread';
import pg from 'pg';

import { ProductError } from '../errors.js';
import type { KafkaConnection } from '../kafka/client.js';
import { FencedProducer } from '../kafka/fenced-producer.js';
import { DOORBELL, rungShards, SHARDS } from './doorbell.js';
import { keepPartitions } from './partitions.js';
import { keepAhead } from './positions.js';
import { RouteTopics } from './route-topics.js';
import { Shard } from './shard.js';

/** Looked at even if no doorbell rang: a notification can be lost. */
const LOOK_MS = 500;
const TAKEOVER_MS = 1_000;
const KEEP_MS = 5_000;
/** Advisory locks 5310100 to 5310103: who relays a shard. */
const SHARD_LOCK = 5_310_100;

export type RelayLog = {
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
};
export type RelaySettings = {
  databaseUrl: string;
  kafka: KafkaConnection;
  /** `relay.<domain>`: transactional ids are this, a full stop and the shard. */
  transactionPrefix: string;
  log: RelayLog;
};

/**
 * Takes committed records from the outbox to their topics, in order per person, at least once.
 *
 * Each shard has one owner among all processes, held by an advisory lock of this connection and, against an
 * owner that only thinks it still is, by the fencing of its transactional id.
 */
export class Relay {
  readonly #settings: RelaySettings;
  readonly #bells = new Map<() => void, number | null>();
  /** How often each shard was rung for. */
  readonly #rings = Array.from({ length: SHARDS }, () => 0);
  #stopping = false;
  #running: Promise<void> | null = null;
  #sent = 0;
  #shards: Shard[] = [];

  constructor(settings: RelaySettings) {
    this.#settings = settings;
  }

  /** Records relayed by this process since its start. */
  get sent(): number {
    return this.#sent + this.#shards.reduce((sum, shard) => sum + shard.sent, 0);
  }

  start(): void {
    this.#running ??= this.#persist();
  }

  /** Looks now, without waiting for the doorbell: at these shards, by default at all. */
  ring(shards: readonly number[] = rungShards('')): void {
    for (const shard of shards) this.#rings[shard]! += 1;
    for (const [bell, shard] of this.#bells) if (shard === null || shards.includes(shard)) bell();
  }

  /** Ends after what is being sent has been acknowledged and marked. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.ring();
    await this.#running;
  }

  /** A lost connection, to the database or for good to the broker, begins everything anew. */
  async #persist(): Promise<void> {
    for (let pause = 100; !this.#stopping; pause = Math.min(pause * 2, 5_000)) {
      const began = Date.now();
      try {
        await this.#relay();
      } catch (error) {
        this.#settings.log.warn({ reason: summary(error) }, 'The relay starts again');
      }
      if (Date.now() - began > 10_000) pause = 100;
      if (!this.#stopping) await this.#wait(pause);
    }
  }

  async #relay(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#settings.databaseUrl,
      pipeline: true,
      options: BY_KEY,
    });
    const lost = new Promise<never>((_, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('The database connection ended')));
    });
    lost.catch(() => undefined);
    const ended = { is: false };
    lost.catch(() => (ended.is = true));
    const work: Promise<void>[] = [];
    try {
      await client.connect();
      client.on('notification', ({ payload }) => this.ring(rungShards(payload)));
      await this.#prepare(client);
      const stopped = () => this.#stopping || ended.is;
      for (let shard = 0; shard < SHARDS; shard++) work.push(this.#own(client, shard, stopped));
      work.push(this.#keep(client, stopped));
      await Promise.race([Promise.all(work), lost]);
    } finally {
      ended.is = true;
      this.ring();
      await client.end().catch(() => undefined);
      await Promise.allSettled(work);
      this.#sent = this.sent;
      this.#shards = [];
    }
  }

  async #prepare(client: pg.Client): Promise<void> {
    // A cursor lost in a crash only repeats what was sent; waiting for the disk would hold up reads.
    await client.query(`SET synchronous_commit = off`);
    await client.query(`SET plan_cache_mode = force_generic_plan`);
    await client.query(
      `INSERT INTO outbox_cursor (shard, pos) SELECT n, 0 FROM generate_series(0, ${SHARDS - 1}) n
       ON CONFLICT DO NOTHING`,
    );
    await keepAhead(this.#settings.databaseUrl);
    await client.query(`LISTEN ${DOORBELL}`);
  }

  async #own(client: pg.Client, number: number, stopped: () => boolean): Promise<void> {
    while (!stopped() && !(await lockShard(client, number))) await this.#wait(TAKEOVER_MS);
    if (stopped()) return;
    const { kafka, transactionPrefix, log } = this.#settings;
    const producer = new FencedProducer(kafka, `${transactionPrefix}.${number}`, (error) =>
      log.warn(
        { shard: number, reason: summary(error) },
        'The broker did not take a batch; trying again',
      ),
    );
    const shard = new Shard(number, { client, producer, routes: new RouteTopics(client) });
    this.#shards.push(shard);
    try {
      // Closing the producer is what ends an attempt that would otherwise go on until the broker is back.
      const watch = this.#until(stopped)
        .then(() => sleep(2_000))
        .then(() => producer.close());
      watch.catch(() => undefined);
      await shard.open();
      while (!stopped()) {
        // A bell that rings while the shard is being drained is for rows it may not have seen.
        const heard = this.#rings[number];
        await shard.drain(stopped);
        if (!stopped() && this.#rings[number] === heard) await this.#wait(LOOK_MS, number);
      }
    } finally {
      await producer.close().catch(() => undefined);
    }
  }

  /** Makes partitions ahead of need and drops those that every shard has passed. */
  async #keep(client: pg.Client, stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      await keepPartitions(this.#settings.databaseUrl).catch((error: unknown) =>
        this.#settings.log.warn(
          { reason: summary(error) },
          'Outbox partitions could not be kept; trying later',
        ),
      );
      for (let waited = 0; waited < KEEP_MS && !stopped(); waited += LOOK_MS) await sleep(LOOK_MS);
    }
  }

  async #until(stopped: () => boolean): Promise<void> {
    while (!stopped()) await this.#wait(LOOK_MS);
  }

  /** Waits for the doorbell, of one shard or of any, at most so long. */
  #wait(ms: number, shard: number | null = null): Promise<void> {
    return new Promise((resolve) => {
      const bell = () => {
        clearTimeout(timer);
        this.#bells.delete(bell);
        resolve();
      };
      const timer = setTimeout(bell, ms);
      this.#bells.set(bell, shard);
    });
  }
}

async function lockShard(client: pg.Client, shard: number): Promise<boolean> {
  const answer = await client.query<{ locked: boolean }>(
    `SELECT pg_try_advisory_lock(${SHARD_LOCK} + $1) AS locked`,
    [shard],
  );
  return answer.rows[0]!.locked;
}

/** An error without anything of the rows: its name and code only. */
function summary(error: unknown): { name: string; code?: string } {
  if (error instanceof ProductError) return { name: error.name, code: error.code };
  if (!(error instanceof Error)) return { name: 'unknown' };
  const { code, apiId } = error as Error & { code?: string; apiId?: string };
  return { name: `${error.name}: ${error.message.slice(0, 200)}`, code: apiId ?? code };
}
