import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { keys } from '@caremesh/contract';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { questionBody } from './aggregates/question.js';
import { portRig } from './spec/port-rig.fixture.js';
import type { ViewRecord } from './spec/port-rig.fixture.js';

const patient = { timeout: 60_000, interval: 100 };
const noted = () => Promise.resolve();
const idOf = (text: string) => keys.keyedHash(Buffer.alloc(32, 5), text);
const recordOf = (n: number): ViewRecord => {
  const [person, record] = [idOf(`p${n}`), idOf(`r${n}`)];
  const value = { person, recordId: record, recordedAt: 1_760_000_000_123, changeType: 'CREATED' };
  return { person, record, value: { ...value, survivorKey: null, medicationCode: `m${n}` } };
};

let rig: Awaited<ReturnType<typeof portRig>>;
const table = () => `share_${rig.grant.id}.gp_medication_statement_v1`;
const count = async () =>
  (await rig.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table()}`)).rows[0]!.n;
const suspend = (isSuspended: boolean) =>
  Object.assign(rig.grant, { isSuspended, isActive: !isSuspended });

beforeAll(async () => {
  rig = await portRig();
});
afterAll(() => rig?.close());

it('opens no port, makes no credential and ends none where the ledger does not take it', async () => {
  const { ports, credentials, watch } = rig.parts;
  const { grant, pool } = rig;
  const away = () => Promise.reject(new Error('the ledger is away'));
  await expect(ports.open(grant, 'user-analyst', away)).rejects.toThrow('the ledger is away');
  expect(await ports.all()).toEqual([]);
  await ports.open(grant, 'user-analyst', noted);
  await rig.write(recordOf(1), recordOf(2));
  await watch.look();
  await vi.waitUntil(async () => (await count()) === 2, patient);

  await expect(credentials.make(grant.id, away)).rejects.toThrow('the ledger is away');
  const roles = () =>
    pool.query(`SELECT rolname FROM pg_roles WHERE rolname LIKE $1`, [`share_${grant.id}_%`]);
  expect([await credentials.list(grant.id), (await roles()).rows]).toEqual([[], []]);
  const { user } = await credentials.make(grant.id, noted);
  await expect(credentials.end(grant.id, user, away)).rejects.toThrow('the ledger is away');
  expect((await credentials.list(grant.id)).map((one) => one.user)).toEqual([user]);
  await credentials.end(grant.id, user, noted);
  expect([await credentials.list(grant.id), (await roles()).rows]).toEqual([[], []]);
});

it('leaves a credential that ends no connection, however often its holder comes back', async () => {
  const { credentials } = rig.parts;
  const login = await credentials.make(rig.grant.id, noted);
  let isOver = false;
  const comeBack = async () => {
    while (!isOver) await rig.signIn(login).catch(() => undefined);
  };
  const coming = [comeBack(), comeBack(), comeBack()];
  const open = async () =>
    (await rig.pool.query(`SELECT FROM pg_stat_activity WHERE usename = $1`, [login.user])).rows;
  await vi.waitUntil(async () => (await open()).length > 0, patient);
  await credentials.end(rig.grant.id, login.user, noted);
  isOver = true;
  await Promise.all(coming);
  // What is open of a role that is gone has no name any more.
  const { rows } = await rig.pool.query(
    `SELECT pid FROM pg_stat_activity a WHERE datname = current_database()
       AND usesysid IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = a.usesysid)`,
  );
  expect(rows).toEqual([]);
});

it('says that a file is not there where its folder is gone', async () => {
  const { snapshots } = rig.parts;
  await snapshots.want(rig.grant.id);
  await vi.waitUntil(async () => {
    await snapshots.look();
    return (await snapshots.list(rig.grant.id)).length === 1;
  }, patient);
  const { id, files } = (await snapshots.list(rig.grant.id))[0]!;
  rmSync(join(rig.around.snapshots.folder, rig.grant.id), { recursive: true });
  await expect(snapshots.file(rig.grant.id, id, files[0]!.name)).rejects.toMatchObject({
    code: 'MESH-4509',
  });
});

it('keeps no snapshot that was being written when the grant was suspended', async () => {
  const { snapshots, watch } = rig.parts;
  const waiting = async (what: string) =>
    (
      await rig.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
        [what],
      )
    ).rows.length === 1;
  const gate = await rig.pool.connect();
  await gate.query('BEGIN');
  await gate.query('LOCK TABLE snapshot IN SHARE MODE');
  await snapshots.want(rig.grant.id);
  const taking = snapshots.look();
  await vi.waitUntil(() => waiting('%INSERT INTO snapshot%'), patient);
  suspend(true);
  const pausing = watch.look();
  await vi.waitUntil(() => waiting('DELETE FROM snapshot%'), patient);
  await gate.query('COMMIT');
  gate.release();
  await Promise.all([taking, pausing]);
  expect(await snapshots.list(rig.grant.id)).toEqual([]);
  const folder = join(rig.around.snapshots.folder, rig.grant.id, rig.topic);
  await vi.waitUntil(() => filesIn(folder).length === 0, patient);
  suspend(false);
  await watch.look();
  await vi.waitUntil(async () => (await count()) === 2, patient);
  expect(await snapshots.list(rig.grant.id)).toEqual([]);
});

it('is filled anew after all where that failed the first time', async () => {
  await rig.parts.watch.stop();
  const filling = async () => (await rig.parts.ports.views(rig.grant.id))[0]!.filling;
  const before = await filling();
  await rig.pool.query(`UPDATE reader SET followed_at = now() - interval '30 days'`);
  rig.parts = rig.again();
  const { watch, ports } = rig.parts;
  const refill = ports.refill.bind(ports);
  ports.refill = () => Promise.reject(new Error('not now'));
  await expect(watch.look()).rejects.toThrow('not now');
  expect(await filling()).toBe(before);
  ports.refill = refill;
  await watch.look();
  const after = await filling();
  expect(after).toBeGreaterThan(before);
  await watch.look();
  expect(await filling()).toBe(after);
  await vi.waitUntil(async () => (await count()) === 2, patient);
});

it('waits for no recipient who leaves a transaction open', async () => {
  const { credentials, watch } = rig.parts;
  const client = await rig.signIn(await credentials.make(rig.grant.id, noted));
  await client.query('SET idle_in_transaction_session_timeout = 0');
  await client.query('BEGIN');
  await client.query('SELECT count(*) FROM gp_medication_statement_v1');
  const topic = rig.rename();
  const began = performance.now();
  await watch.look();
  expect(performance.now() - began).toBeLessThan(15_000);
  expect((await rig.parts.ports.views(rig.grant.id)).map((one) => one.topic)).toEqual([topic]);
  await expect(client.query('SELECT 1')).rejects.toThrow();
});

it('answers no question of more cells than are judged at once, before it has counted what they lie in', async () => {
  const { aggregates, ports } = rig.parts;
  await rig.pool.query(
    `INSERT INTO ${table()} (record_key, person, change_type, medication_code, age_band)
     SELECT 'k' || n, 'p' || n, 'CREATED', 'm' || n, '40-44' FROM generate_series(1, 5001) n`,
  );
  const [view] = await ports.views(rig.grant.id);
  const contract = await rig.around.governance.contractOf();
  const asked = (question: object) =>
    aggregates.answer(
      { grantId: rig.grant.id, organisation: 'QUY' },
      view!,
      contract,
      questionBody.parse({ product: 'gp.medication-statement', ...question }),
    );
  await expect(asked({ by: ['medication_code'] })).rejects.toMatchObject({ code: 'MESH-4512' });
  const one = await asked({ by: ['age_band'] });
  expect(one.cells).toMatchObject([{ value: 5_000, by: { age_band: '40-44' } }]);
});

const filesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};
