import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase, readSecret, Sensitive, TokenSource } from '@caremesh/platform';
import { openOutbox, outboxMigrations, Relay } from '@caremesh/product';
import pg from 'pg';
import { line, type Result } from '../measure/report.js';
import { median } from '../measure/rounds.js';
import type { Rig } from '../mesh/rig.js';

const DOMAIN = 'gp';
const LEAD = 'governance-lead';
const TOPIC = `${DOMAIN}.bench-relay.v1`;
const MEBIBYTE = 1_048_576;
const SMALL = 100_000;
const LARGE = 1_000_000;
const VALUE_BYTES = 300;
const HEADERS = 10;

type Quota = { bytesPerSecond: number; requestPercent: number };
/** More than two cores can send. */
const AMPLE: Quota = { bytesPerSecond: 1_024 * MEBIBYTE, requestPercent: 700 };

/**
 * Microseconds for each record relayed, from a backlog of 100,000 and of 1,000,000, the latter also under load. Measured is the relay:
 * a million of these records are ten seconds of what every domain may write, so the domain is first given more by a decision, and
 * what its own quota makes of a million is shown beside.
 */
export async function relay(rig: Rig): Promise<Result[]> {
  await rig.topics.make(TOPIC);
  const own = await quotaOf(rig);
  await setQuota(rig, AMPLE, 'The bench of the relay measures the relay, not the quota');
  const small = [await drain(rig, SMALL), await drain(rig, SMALL), await drain(rig, SMALL)];
  const large = await drain(rig, LARGE);
  const loaded = await drain(rig, LARGE, true);
  await setQuota(rig, own, 'The bench of the relay is over');
  const held = await drain(rig, LARGE);
  const base = medianOf(small, ({ passed }) => passed);
  const judged = (what: string, { passed }: Cost) => {
    const times = passed / base;
    const measured = `${passed.toFixed(1)} µs, ${times.toFixed(2)} x`;
    return line(what, measured, '1.15 x', times <= 1.15);
  };
  return [
    line('Relay cost at a backlog of 100,000', `${base.toFixed(1)} µs/record`, '', null),
    judged('… at 1,000,000', large),
    judged('… at 1,000,000 with intake running and a long transaction open', loaded),
    line(
      `… in CPU of its process (${medianOf(small, ({ cpu }) => cpu).toFixed(1)} µs at 100,000)`,
      `${large.cpu.toFixed(1)} and ${loaded.cpu.toFixed(1)} µs`,
      '',
      null,
    ),
    line(
      `… at 1,000,000 with the quota of a domain, ${Math.round(own.bytesPerSecond / MEBIBYTE)} MiB/s`,
      `${held.passed.toFixed(1)} µs`,
      '',
      null,
    ),
  ];
}

async function quotaOf({ mesh }: Rig): Promise<Quota> {
  const answer = await mesh.command('domain', 'quota', DOMAIN, '--as', LEAD, '-o', 'json');
  return (JSON.parse(answer) as { quota: Quota }).quota;
}

async function setQuota({ mesh }: Rig, quota: Quota, reason: string): Promise<void> {
  await mesh.command(
    ...['domain', 'set-quota', DOMAIN, '--as', LEAD, '--reason', reason],
    ...['--bytes-per-second', `${quota.bytesPerSecond}`],
    ...['--request-percent', `${quota.requestPercent}`],
  );
}

/** Microseconds for each record: that passed, and of CPU that the process took. */
type Cost = { passed: number; cpu: number };

const medianOf = (costs: readonly Cost[], of: (cost: Cost) => number): number =>
  median(costs.map(of));

async function drain(rig: Rig, backlog: number, loaded = false): Promise<Cost> {
  const url = await freshDatabase(rig.mesh.databaseUrl);
  const database = await openDatabase({
    url: new Sensitive(url),
    entities: [],
    migrations: outboxMigrations,
  });
  await fill(database.pool, backlog);
  const from = await rig.topics.ends(TOPIC);
  const load = loaded ? await startLoad(database.pool, url) : null;
  const relaying = new Relay({
    databaseUrl: url,
    kafka: {
      brokers: rig.mesh.status.kafka.bootstrap.split(','),
      clientId: 'domain-gp',
      tokens: tokensOf(rig),
    },
    transactionPrefix: 'relay.gp.bench',
    log: { info: () => undefined, warn: () => undefined },
  });
  const began = performance.now();
  const before = process.cpuUsage();
  relaying.start();
  const done = await rig.topics.grown(TOPIC, from, backlog, 600_000);
  const { user, system } = process.cpuUsage(before);
  await load?.stop();
  await relaying.stop();
  await database.close();
  return { passed: ((done - began) * 1000) / backlog, cpu: (user + system) / backlog };
}

function tokensOf({ mesh }: Rig): TokenSource {
  return new TokenSource({
    tokenUrl: mesh.status.identity.tokenUrl,
    clientId: 'domain-gp',
    clientSecret: readSecret(join(mesh.home, 'secrets', 'domain-gp')),
    audience: 'mesh-kafka',
  });
}

async function freshDatabase(owner: string): Promise<string> {
  const client = new pg.Client({ connectionString: owner });
  await client.connect();
  await client.query('drop database if exists bench_relay with (force)');
  await client.query('create database bench_relay');
  await client.end();
  const url = new URL(owner);
  url.pathname = '/bench_relay';
  return url.href;
}

const record = (n: number) => ({
  topics: [TOPIC],
  key: `person${n % 5000}.record${n}`,
  value: Buffer.alloc(VALUE_BYTES, 1),
  headers: Array.from(
    { length: HEADERS },
    (_, h) => [`ce_header${h}`, 'a value as long as most'] as const,
  ),
});

/** One batch through the library, then copied by the server: what is measured is reading it back. */
async function fill(pool: pg.Pool, rows: number): Promise<void> {
  const batch = 1000;
  const transaction = await pool.connect();
  await openOutbox(pool).write(
    transaction,
    Array.from({ length: batch }, (_, n) => record(n)),
  );
  transaction.release();
  await pool.query(
    `insert into outbox (shard, route, hash, body)
     select shard, route, hash, body from outbox, generate_series(2, $1::int / ${batch})`,
    [rows],
  );
  await pool.query('vacuum analyze outbox');
}

/** 500 records a second in batches of 50, and a transaction that wrote something and stays open. */
async function startLoad(pool: pg.Pool, url: string): Promise<{ stop(): Promise<void> }> {
  const long = new pg.Client({ connectionString: url });
  await long.connect();
  await long.query('begin');
  await long.query('create table bench_long (n int)');
  const outbox = openOutbox(pool);
  let running = true;
  const work = (async () => {
    for (let n = 0; running; n += 50) {
      const transaction = await pool.connect();
      await outbox.write(
        transaction,
        Array.from({ length: 50 }, (_, at) => record(n + at)),
      );
      transaction.release();
      await sleep(100);
    }
  })();
  return {
    stop: async () => {
      running = false;
      await work;
      await long.query('rollback');
      await long.end();
    },
  };
}
