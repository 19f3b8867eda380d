import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  build,
  clientToken,
  personToken,
  runMesh,
  sharedStack,
  testDatabase,
} from '@caremesh/testing';
import type { TestDatabase, TestStack } from '@caremesh/testing';
import { Consumer, Producer } from '@platformatic/kafka';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Checkpoint } from './checkpoints/checkpoint.js';
import { GENESIS, chain } from './ledger/entry.js';
import type { LedgerEntry } from './ledger/entry.js';
import { startGovernance, witnessFileOf } from './spec/running-governance.js';
import type { Running } from './spec/running-governance.js';

const TOPIC = 'mesh.ledger-checkpoints.v1';

type Verdict = {
  ok: boolean;
  entries: number;
  unsealed: number;
  checkpoints: number;
  firstBad: { seq?: number; interval?: { from: number; to: number }; reason: string } | null;
};

let stack: TestStack;
let database: TestDatabase;
let two: Running[] = [];
let witness: string;

const start = async (count: number) => {
  two = await Promise.all(
    Array.from({ length: count }, () => startGovernance(stack, database.url)),
  );
};
const stop = async () => {
  await Promise.all(two.splice(0).map((one) => one.stop()));
};
const note = async (which: number, object: string) => {
  const service = two[which]?.as(await clientToken(stack, 'svc-output-ports', 'mesh-api'));
  const answer = await service?.post('/v1/ledger', { action: 'output-port.opened', object });
  expect(answer?.status).toBe(201);
};
const exported = async (query = '') => {
  const token = await personToken(stack, 'auditor');
  const answer = await two[0]?.as(token).get(`/v1/audit/export${query}`);
  expect(answer?.status).toBe(200);
  const folder = mkdtempSync(join(tmpdir(), 'caremesh-export-'));
  writeFileSync(join(folder, 'export.tar'), answer?.text ?? '');
  execFileSync('tar', ['-xf', 'export.tar'], { cwd: folder });
  return folder;
};
const verify = async (...args: string[]) => {
  const { exit, stdout } = await runMesh(stack.home, ['audit', 'verify', ...args, '-o', 'json']);
  return { exit, ...(JSON.parse(stdout) as Verdict) };
};
const linesOf = <T>(file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

const objectsOf = (folder: string) =>
  linesOf<LedgerEntry>(join(folder, 'entries.ndjson')).map(({ object }) => object);

/** An export with nothing unsealed: what the other instance notes while one is made is sealed a moment later. */
const exportedSealed = (query?: string): Promise<string> =>
  vi.waitUntil(
    async () => {
      const folder = await exported(query);
      const { unsealed } = await verify(folder, '--witness', witness);
      return unsealed === 0 && folder;
    },
    { timeout: 30_000, interval: 200 },
  );

/** What this spec noted: governance itself notes what it puts in order meanwhile. */
const notedIn = (folder: string) =>
  objectsOf(folder).filter((one) => one.startsWith('grant:spec-'));

/** The database's superuser, who may do anything to it. */
async function asSuperuser<T>(work: (sql: pg.Client) => Promise<T>): Promise<T> {
  const url = new URL(stack.adminUrl);
  url.pathname = `/${database.name}`;
  const sql = new pg.Client({ connectionString: url.href });
  await sql.connect();
  try {
    await sql.query(`SET session_replication_role = 'replica'`);
    return await work(sql);
  } finally {
    await sql.end();
  }
}

beforeAll(async () => {
  stack = await sharedStack();
  build();
  database = await testDatabase();
  witness = witnessFileOf(stack, database.url);
  await start(2);
});

afterAll(async () => {
  await stop();
  await database?.drop();
});

describe('checkpoints of the ledger', () => {
  it('are one growing line, whoever of two instances signs, and cover all that was committed', async () => {
    const objects = Array.from({ length: 40 }, (_, at) => `grant:spec-${at}`);
    await Promise.all(objects.map((object, at) => note(at % 2, object)));
    const folder = await exportedSealed();
    const entries = linesOf<LedgerEntry>(join(folder, 'entries.ndjson'));
    expect(entries.map(({ object }) => object)).toEqual(expect.arrayContaining(objects));
    const found = await verify(folder, '--witness', witness);
    expect(found).toMatchObject({ exit: 0, ok: true, entries: entries.length, unsealed: 0 });
    const sizes = linesOf<Checkpoint>(witness).map(({ size }) => size);
    expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
    expect(sizes.at(-1)).toBeGreaterThanOrEqual(entries.length);
  });

  it('wait for no transaction that somebody keeps open, here or in another database; what commits late comes after', async () => {
    const elsewhere = new pg.Client({ connectionString: stack.adminUrl });
    await elsewhere.connect();
    await elsewhere.query('BEGIN');
    await elsewhere.query('SELECT pg_current_xact_id()');
    await asSuperuser(async (late) => {
      await late.query('BEGIN');
      await late.query(
        `INSERT INTO ledger_entry (actor, role, action, object, detail)
         VALUES ('svc-spec', 'service', 'output-port.opened', 'grant:spec-late', '{}')`,
      );
      await note(0, 'grant:spec-meanwhile');
      await note(1, 'grant:spec-meanwhile');
      expect(notedIn(await exported()).slice(-2)).toEqual([
        'grant:spec-meanwhile',
        'grant:spec-meanwhile',
      ]);
      await late.query('COMMIT');
    });
    const folder = await exportedSealed();
    expect(notedIn(folder).at(-1)).toBe('grant:spec-late');
    expect(await verify(folder, '--witness', witness)).toMatchObject({ exit: 0, unsealed: 0 });
    await elsewhere.query('ROLLBACK');
    await elsewhere.end();
  });

  it('are on the topic that the sealer alone may write', async () => {
    const last = linesOf<Checkpoint>(witness).at(-1);
    const consumer = new Consumer({
      groupId: 'spec-checkpoints',
      clientId: 'spec',
      bootstrapBrokers: [stack.kafkaInternal.broker],
      sasl: { mechanism: 'PLAIN', username: 'broker', password: stack.kafkaInternal.password },
    });
    const stream = await consumer.consume({ topics: [TOPIC], mode: 'earliest', autocommit: false });
    for await (const { value } of stream) {
      const told = JSON.parse(value.toString()) as Checkpoint;
      if (told.note === last?.note) {
        expect(told).toEqual(last);
        break;
      }
    }
    await consumer.close(true);
    await expect(writeAs('svc-governance')).rejects.toThrow();
    await expect(writeAs('svc-disclosure')).rejects.toThrow();
  });

  it('prove an export of a day, and of a moment’s part', async () => {
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London' }).format();
    const folderOfDay = await exportedSealed(`?from=${today}&to=${today}`);
    const day = await verify(folderOfDay, '--witness', witness);
    expect(day).toMatchObject({ exit: 0, ok: true, unsealed: 0 });
    const all = linesOf<LedgerEntry>(join(await exported(), 'entries.ndjson'));
    const from = all[20]?.at ?? '';
    const folder = await exported(`?from=${from}&to=${all[30]?.at}`);
    const part = linesOf<LedgerEntry>(join(folder, 'entries.ndjson'));
    expect(part.length).toBeLessThan(all.length);
    expect(part.map(({ at }) => at)).toContain(from);
    const found = await verify(folder, '--witness', witness);
    expect(found).toMatchObject({ exit: 0, ok: true, entries: part.length, unsealed: 0 });
    const nothing = await verify(await exported('?from=2020-01-01&to=2020-01-31'));
    expect(nothing).toMatchObject({ exit: 0, ok: true, entries: 0 });
  });
});

describe('a superuser of the database', () => {
  it('who changes an entry is found from the export alone', async () => {
    await stop();
    const seq = 12;
    const actor = await asSuperuser(async (sql) => {
      const { rows } = await sql.query<{ actor: string }>(
        'SELECT actor FROM ledger WHERE seq = $1',
        [seq],
      );
      await setActor(sql, seq, 'user-mallory');
      return rows[0]?.actor ?? '';
    });
    await start(1);
    const found = await verify(await exported());
    expect(found).toMatchObject({ exit: 1, ok: false, firstBad: { seq } });
    await asSuperuser((sql) => setActor(sql, seq, actor));
    expect(await verify(await exported(), '--witness', witness)).toMatchObject({ exit: 0 });
  });

  it('who chains the ledger anew and drops later checkpoints is found with the witness; nothing is signed on top', async () => {
    await stop();
    const signed = linesOf<Checkpoint>(witness);
    const kept = signed.find(({ size }) => size >= 5) as Checkpoint;
    await asSuperuser((sql) => chainAnew(sql, kept.size + 1));
    await asSuperuser((sql) =>
      sql.query('DELETE FROM ledger_checkpoint WHERE size > $1', [kept.size]),
    );
    await start(1);
    await note(0, 'grant:spec-after');
    const folder = await exported();
    const alone = await verify(folder);
    expect(alone).toMatchObject({ exit: 0, ok: true });
    expect(alone.unsealed).toBe(alone.entries - kept.size);
    const next = signed.find(({ size }) => size > kept.size)?.size;
    expect(await verify(folder, '--witness', witness)).toMatchObject({
      exit: 1,
      firstBad: { interval: { from: kept.size + 1, to: next } },
    });
    expect(linesOf<Checkpoint>(witness)).toEqual(signed);
  });

  it('who cuts the tail is found with the witness, also on the topic’s word', async () => {
    await stop();
    const signed = linesOf<Checkpoint>(witness);
    const last = signed.at(-1)?.size ?? 0;
    await asSuperuser(async (sql) => {
      await sql.query(
        'DELETE FROM ledger_entry WHERE id IN (SELECT entry FROM ledger_seal WHERE seq > 3)',
      );
      await sql.query('DELETE FROM ledger_seal WHERE seq > 3');
      await sql.query('DELETE FROM ledger_checkpoint');
    });
    await start(1);
    const found = await verify(await exported(), '--witness', witness);
    expect(found.firstBad?.interval?.from).toBeLessThanOrEqual(4);
    expect(found).toMatchObject({ exit: 1, ok: false });
    expect(linesOf<Checkpoint>(witness).at(-1)?.size).toBe(last);
  });
});

const setActor = (sql: pg.Client, seq: number, actor: string) =>
  sql.query(
    'UPDATE ledger_entry SET actor = $1 WHERE id = (SELECT entry FROM ledger_seal WHERE seq = $2)',
    [actor, seq],
  );

async function chainAnew(sql: pg.Client, from: number): Promise<void> {
  await sql.query(
    `UPDATE ledger_entry SET actor = 'user-mallory'
      WHERE id IN (SELECT entry FROM ledger_seal WHERE seq >= $1)`,
    [from],
  );
  const { rows } = await sql.query<LedgerEntry & { at: Date }>('SELECT * FROM ledger ORDER BY seq');
  const records = rows.map((row) => ({ ...row, at: (row.at as Date).toISOString() }));
  for (const { seq, prev, hash } of chain({ seq: 0, hash: GENESIS }, records)) {
    await sql.query('UPDATE ledger_seal SET prev = $1, hash = $2 WHERE seq = $3', [
      prev,
      hash,
      seq,
    ]);
  }
}

async function writeAs(client: string): Promise<void> {
  const token = await clientToken(stack, client, 'mesh-kafka');
  const producer = new Producer({
    clientId: 'spec',
    bootstrapBrokers: stack.kafkaBrokers,
    sasl: { mechanism: 'OAUTHBEARER', token },
    retries: 0,
  });
  try {
    const message = { topic: TOPIC, key: Buffer.from('x'), value: Buffer.from('forged') };
    await producer.send({ messages: [message] });
  } finally {
    await producer.close(true);
  }
}
