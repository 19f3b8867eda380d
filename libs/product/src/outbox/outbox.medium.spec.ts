import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { FencedProducer, PartitionBatch } from '../kafka/fenced-producer.js';
import { outboxMigrations } from '../migrations/all.js';
import { SHARDS } from './doorbell.js';
import { INSERT_OUTBOX, outboxParameters, Routes } from './outbox.js';
import { unpacked } from './pack.js';
import type { OutboxRow } from './pack.js';
import { keepPartitions } from './partitions.js';
import { keepAhead } from './positions.js';
import { RouteTopics } from './route-topics.js';
import { Shard } from './shard.js';

let place: TestDatabase;
let database: Database;
beforeEach(async () => {
  place = await testDatabase();
  database = await openDatabase({
    url: place.url,
    entities: [],
    migrations: outboxMigrations,
    poolSize: 12,
  });
  await database.pool.query(`INSERT INTO outbox_route (topics) VALUES ('{t}')`);
  await database.pool.query(
    `INSERT INTO outbox_cursor (shard, pos) SELECT n, 0 FROM generate_series(0, ${SHARDS - 1}) n`,
  );
});
afterEach(async () => {
  await database.close();
  await place.drop();
});

type StillOf = (batches: PartitionBatch[]) => Promise<PartitionBatch[]>;

/** A broker that keeps what it is sent. */
class Kept {
  readonly bodies: string[] = [];
  async open(): Promise<void> {}
  async partitions(): Promise<number> {
    return 1;
  }
  async send(batches: PartitionBatch[], _stillOf: StillOf): Promise<void> {
    for (const { bodies } of batches)
      for (const body of bodies) this.bodies.push(Buffer.from(body).toString());
  }
}

const row = (text: string, hash = 0) => ({ route: 1, hash, body: Buffer.from(text) });
const insert = (client: Pick<pg.ClientBase, 'query'>, rows: ReturnType<typeof row>[]) =>
  client.query({ ...INSERT_OUTBOX, values: outboxParameters(rows) });

async function shardWith(kept: Kept): Promise<{ shard: Shard; client: pg.Client }> {
  const client = new pg.Client({ connectionString: place.url, pipeline: true });
  await client.connect();
  const shard = new Shard(0, {
    client,
    producer: kept as unknown as FencedProducer,
    routes: new RouteTopics(client),
  });
  await shard.open();
  return { shard, client };
}

describe('the cursor of a shard', () => {
  it('skips nothing and keeps the order of commits, with many writers at once and one that takes its time', async () => {
    const kept = new Kept();
    const { shard, client } = await shardWith(kept);
    const writers = 8;
    const each = 30;
    let writing = true;
    const slow = await database.pool.connect();
    await slow.query('BEGIN');
    // It has its transaction id before everybody else, and writes after them.
    await slow.query('SELECT pg_current_xact_id()');
    const draining = (async () => {
      while (writing) await shard.drain(() => false);
    })();
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        const own = await database.pool.connect();
        for (let n = 0; n < each; n++) {
          await own.query('BEGIN');
          await insert(own, [row(`${writer}:${n}:a`), row(`${writer}:${n}:b`)]);
          if (n % 10 === writer) await new Promise((resolve) => setTimeout(resolve, 20));
          await own.query(n % 7 === 6 ? 'ROLLBACK' : 'COMMIT');
        }
        own.release();
      }),
    );
    await insert(slow, [row('slow')]);
    await slow.query('COMMIT');
    slow.release();
    writing = false;
    await draining;
    await shard.drain(() => false);
    const inTable = await database.pool.query<OutboxRow>(
      `SELECT route, hash, body FROM outbox ORDER BY pos`,
    );
    const bodies = inTable.rows.flatMap((one) => [...unpacked(one)].map(({ body }) => `${body}`));
    expect(kept.bodies).toEqual(bodies);
    expect(kept.bodies).toContain('slow');
    const perWriter = Array.from({ length: writers }, (_, writer) =>
      kept.bodies
        .filter((text) => text.startsWith(`${writer}:`))
        .map((text) => Number(text.split(':')[1])),
    );
    for (const order of perWriter) expect(order).toEqual(order.toSorted((a, b) => a - b));
    await client.end();
  });

  it('is not held up by a long transaction that has nothing to do with it', async () => {
    const long = await database.pool.connect();
    await long.query('BEGIN');
    await long.query('SELECT pg_current_xact_id()');
    const kept = new Kept();
    const { shard, client } = await shardWith(kept);
    await insert(database.pool, [row('after')]);
    await shard.drain(() => false);
    expect(kept.bodies).toEqual(['after']);
    await long.query('ROLLBACK');
    long.release();
    await client.end();
  });

  it('goes on where it was after a stop, and sends again what was not marked', async () => {
    const first = new Kept();
    const one = await shardWith(first);
    await insert(database.pool, [row('a'), row('b')]);
    await one.shard.drain(() => false);
    await one.client.end();
    await insert(database.pool, [row('c')]);
    const second = new Kept();
    const two = await shardWith(second);
    await two.shard.drain(() => false);
    await two.client.end();
    expect([first.bodies, second.bodies]).toEqual([['a', 'b'], ['c']]);
  });

  it('misses nothing in a logical copy of the database, whose sequence begins anew', async () => {
    await database.pool.query(`UPDATE outbox_cursor SET pos = 5000`);
    await database.pool.query(`SELECT setval('outbox_pos_seq', 1, false)`);
    await keepAhead(place.url);
    await insert(database.pool, [row('a')]);
    await keepAhead(place.url);
    await insert(database.pool, [row('b')]);
    const kept = new Kept();
    const { shard, client } = await shardWith(kept);
    await shard.drain(() => false);
    expect(kept.bodies).toEqual(['a', 'b']);
    const { rows } = await database.pool.query(`SELECT pos FROM outbox ORDER BY pos`);
    expect(rows).toEqual([{ pos: '5001' }, { pos: '5002' }]);
    await client.end();
  });

  it('goes on behind what waits for a topic that the broker takes no more of, once that is closed', async () => {
    const kept = new Kept();
    await database.pool.query(`INSERT INTO outbox_route (topics) VALUES ('{gone,gone.secondary}')`);
    const send = kept.send.bind(kept);
    let refusals = 0;
    // As the broker does: it takes what it may of a request, and refuses the rest, however often it comes.
    kept.send = async (batches, stillOf) => {
      for (let left = batches; ;) {
        const refused = left.filter(({ topic }) => topic.startsWith('gone'));
        if (refused.length === 0) return send(left, stillOf);
        if (refusals > 2) throw new Error('It goes on waiting');
        if (refusals++ === 1)
          await new Routes(database.pool).close(['gone', 'gone.secondary', 'gone.other']);
        left = await stillOf(left);
      }
    };
    const { shard, client } = await shardWith(kept);
    await insert(database.pool, [row('a'), { ...row('b'), route: 2 }, row('c')]);
    await shard.drain(() => false);
    await insert(database.pool, [{ ...row('d'), route: 2 }, row('e')]);
    await shard.drain(() => false);
    expect([kept.bodies, refusals]).toEqual([['a', 'c', 'e'], 2]);
    await client.end();
  });

  it('carries every byte as it was', async () => {
    const kept = new Kept();
    const bytes: Buffer[] = [];
    kept.send = async (batches) => {
      for (const { bodies } of batches) bytes.push(...bodies.map((body) => Buffer.from(body)));
    };
    const { shard, client } = await shardWith(kept);
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await insert(database.pool, [{ route: 1, hash: 0, body: all }]);
    await shard.drain(() => false);
    expect(bytes.map((one) => one.equals(all))).toEqual([true]);
    await client.end();
  });
});

describe('partitions', () => {
  it('are made ahead of need, and dropped when every shard has passed them', async () => {
    await database.pool.query(`SELECT setval('outbox_pos_seq', 999990)`);
    for (let n = 0; n < 10; n++) {
      const records = Array.from({ length: SHARDS }, (_, shard) => row(`${n}:${shard}`, shard));
      await insert(database.pool, records);
    }
    const names = async () =>
      (
        await database.pool.query<{ relname: string }>(
          `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = 'outbox'::regclass ORDER BY 1`,
        )
      ).rows.map(({ relname }) => relname);
    expect(await keepPartitions(place.url)).toEqual({ made: 1, dropped: 0 });
    expect(await names()).toEqual(['outbox_p0', 'outbox_p1', 'outbox_p2', 'outbox_rest']);
    await database.pool.query(`UPDATE outbox_cursor SET pos = 1000010 WHERE shard < 3`);
    expect(await keepPartitions(place.url)).toMatchObject({ dropped: 0 });
    await database.pool.query(`UPDATE outbox_cursor SET pos = 1000010`);
    expect(await keepPartitions(place.url)).toMatchObject({ dropped: 1 });
    expect(await names()).toEqual(['outbox_p1', 'outbox_p2', 'outbox_rest']);
    const { rows } = await database.pool.query<{ relname: string }>(
      `SELECT relname FROM pg_class WHERE 'autovacuum_enabled=false' = ANY(reloptions) AND relkind = 'r' ORDER BY 1`,
    );
    expect(rows.map(({ relname }) => relname)).toEqual(['outbox_p1', 'outbox_p2']);
    await insert(database.pool, [row('still')]);
  });
});
