import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { keys } from '@caremesh/contract';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { questionBody } from './aggregates/question.js';
import type { Question } from './aggregates/question.js';
import { messageKey, portRig } from './spec/port-rig.fixture.js';
import type { Snapshot } from './snapshots/snapshots.js';
import type { ViewRecord } from './spec/port-rig.fixture.js';

const idOf = (text: string) => keys.keyedHash(Buffer.alloc(32, 7), text);
const recordOf = (person: number, record: number, code: string | null): ViewRecord => {
  const ids = { person: idOf(`p${person}`), record: idOf(`r${record}`) };
  return { ...ids, value: code === null ? null : valueOf(ids, code) };
};
const valueOf = (ids: { person: string; record: string }, medicationCode: string) => ({
  ...{ person: ids.person, recordId: ids.record, recordedAt: 1_760_000_000_123 },
  ...{ changeType: 'CREATED', survivorKey: null, medicationCode, ageBand: '40-44' },
});

/** So many people of one age band, each with one record. */
const aged = (from: number, count: number, ageBand: string): ViewRecord[] =>
  Array.from({ length: count }, (_, at) => {
    const one = recordOf(from + at, from + at, 'x');
    return { ...one, value: { ...one.value, ageBand, quantityValue: 10.5 } };
  });

let rig: Awaited<ReturnType<typeof portRig>>;
const patient = { timeout: 60_000, interval: 100 };
const noted = () => Promise.resolve();
const table = () => `share_${rig.grant.id}.gp_medication_statement_v1`;
const rows = async () =>
  (
    await rig.pool.query<{ record_key: string; medication_code: string }>(
      `SELECT record_key, medication_code FROM ${table()} ORDER BY record_key`,
    )
  ).rows.map(({ record_key: key, medication_code: code }) => `${key} ${code}`);
const standsAt = async () =>
  Object.values(
    (await rig.pool.query(`SELECT offsets FROM share_${rig.grant.id}.about`)).rows[0]
      .offsets as Record<string, number>,
  ).reduce((sum, offset) => sum + offset, 0);
const shown = (records: ViewRecord[]) =>
  records.map((one) => `${messageKey(one)} ${String(one.value?.['medicationCode'])}`).sort();

/** An answer, cell by cell: the last value of its place, and what is told or why not. */
async function told(asked: Partial<Question>, organisation = 'QUY') {
  const [view] = await rig.parts.ports.views(rig.grant.id);
  const question = questionBody.parse({ product: view!.product, ...asked });
  const { cells, total } = await rig.parts.aggregates.answer(
    { grantId: rig.grant.id, organisation },
    view!,
    await rig.around.governance.contractOf(),
    question,
  );
  return {
    cells: cells.map(({ by, value, suppressed }) => [
      Object.values(by).at(-1) ?? null,
      suppressed ?? value,
    ]),
    total,
  };
}

async function fetched({ id, files }: Snapshot, format: string): Promise<Buffer> {
  const { name, bytes: length, sha256 } = files.find((one) => one.format === format)!;
  const { bytes } = await rig.parts.snapshots.file(rig.grant.id, id, name);
  const body = await buffer(bytes);
  expect([body.length, createHash('sha256').update(body).digest('hex')]).toEqual([length, sha256]);
  return body;
}

async function parquetOf(bytes: Buffer) {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const { key_value_metadata: pairs = [] } = parquetMetadata(file);
  return {
    parquet: await parquetReadObjects({ file }),
    metadata: Object.fromEntries(pairs.map(({ key, value }) => [key, value ?? ''])),
  };
}

beforeAll(async () => {
  rig = await portRig();
});
afterAll(() => rig?.close());

describe('a view as tables', () => {
  it('holds the live keys and values of the stream at the offsets it names, over a restart', async () => {
    const first = [1, 2, 3, 4].map((n) => recordOf(n, n, `code ${n}`));
    await rig.write(...first, recordOf(2, 2, 'newer'), recordOf(3, 3, null));
    await rig.parts.ports.open(rig.grant, 'user-analyst', noted);
    await rig.parts.watch.look();
    await vi.waitUntil(async () => (await standsAt()) === 6, patient);
    expect(await rows()).toEqual(
      shown([recordOf(1, 1, 'code 1'), recordOf(2, 2, 'newer'), recordOf(4, 4, 'code 4')]),
    );
    await rig.parts.watch.stop();

    await rig.write(recordOf(3, 3, 'back'), recordOf(1, 1, null), recordOf(5, 5, 'a\u0000\\u0000'));
    const again = rig.again();
    await again.watch.look();
    await vi.waitUntil(async () => (await standsAt()) === 9, patient);
    expect(await rows()).toEqual(
      shown([
        recordOf(2, 2, 'newer'),
        recordOf(3, 3, 'back'),
        recordOf(4, 4, 'code 4'),
        recordOf(5, 5, 'a\uFFFD\\u0000'),
      ]),
    );
    await again.watch.stop();
  });

  it('is read by its recipient alone, who reads nothing else and writes nothing', async () => {
    const login = await rig.parts.credentials.make(rig.grant.id, noted);
    const { rows: kept } = await rig.pool.query(
      `SELECT count(*)::int AS count FROM pg_roles WHERE rolname = $1 AND rolvaliduntil IS NOT NULL`,
      [login.user],
    );
    expect(kept).toEqual([{ count: 1 }]);
    const client = await rig.signIn(login);
    const { rows: about } = await client.query('SELECT * FROM about');
    expect(about).toMatchObject([
      {
        ...{ table_name: 'gp_medication_statement_v1', contract_version: '1.0.0' },
        ...{ contract_hash: `sha256:${'0'.repeat(64)}`, topic: rig.topic },
      },
    ]);
    expect(about[0].contract).toContain('urn:caremesh:gp.medication-statement:v1');
    expect(about[0].as_of).toBeInstanceOf(Date);
    const { rows: seen } = await client.query(
      'SELECT medication_code, age_band, recorded_at FROM gp_medication_statement_v1 ORDER BY 1',
    );
    expect(seen).toHaveLength(4);
    expect(seen[1]).toEqual({
      ...{ medication_code: 'back', age_band: '40-44' },
      recorded_at: new Date(1_760_000_000_123),
    });
    await client.query('SET default_transaction_read_only = off');
    for (const forbidden of [
      'SELECT * FROM public.port',
      'SELECT * FROM public.sql_credential',
      'DELETE FROM gp_medication_statement_v1',
      'CREATE TABLE mine (x int)',
      'CREATE TEMP TABLE mine (x int)',
      'CREATE SCHEMA mine',
      `ALTER ROLE share_${rig.grant.id} LOGIN`,
    ]) {
      await expect(client.query(forbidden), forbidden).rejects.toMatchObject({ code: '42501' });
    }
    await client.end();
    await expect(rig.signIn({ ...login, password: 'a guess' })).rejects.toMatchObject({
      code: '28P01',
    });
  });

  it('is given as Parquet and CSV of one moment, with the words of about', async () => {
    const { snapshots } = rig.parts;
    await snapshots.want(rig.grant.id);
    await snapshots.look();
    const [first] = await snapshots.list(rig.grant.id);
    expect(first).toMatchObject({ product: 'gp.medication-statement', rows: 4, topic: rig.topic });
    await snapshots.want(rig.grant.id);
    await snapshots.look();
    const [second] = await snapshots.list(rig.grant.id);
    expect(second?.id).not.toBe(first?.id);
    expect(second?.offsets).toEqual(first?.offsets);
    expect(second?.files.map(({ name }) => name)).toEqual(
      ['parquet', 'csv', 'json'].map((end) => `gp.medication-statement.v1.${end}`),
    );

    const { parquet, metadata } = await parquetOf(await fetched(second!, 'parquet'));
    const manifest = JSON.parse((await fetched(second!, 'json')).toString()) as object;
    expect(JSON.parse(metadata['caremesh'] ?? '')).toEqual(manifest);
    expect(manifest).toMatchObject({
      contract: { odcs: expect.stringContaining('urn:caremesh:') },
    });
    const csv = (await fetched(second!, 'csv')).toString().trimEnd().split('\n');
    expect(csv[0]?.split(',').slice(0, 3)).toEqual(['record_key', 'person', 'record_id']);
    const keyed = await rows();
    expect(parquet.map((row) => `${row['record_key']} ${row['medication_code']}`).sort()).toEqual(
      keyed,
    );
    expect(parquet[0]).toMatchObject({
      ...{ age_band: '40-44', recorded_at: new Date(1_760_000_000_123) },
    });
    expect(csv.slice(1).map((line) => line.split(',')[0])).toEqual(
      parquet.map((row) => row['record_key']),
    );
    expect(csv[1]).toContain('2025-10-09T08:53:20.123Z');
    await expect(snapshots.file(rig.grant.id, first!.id, first!.files[0]!.name)).rejects.toThrow(
      /MESH-4509/,
    );
  });

  it('answers with numbers that may be told, in the light of what was told before', async () => {
    await rig.write(...aged(100, 23, '20-24'), ...aged(200, 3, '30-34'), ...aged(300, 16, '50-54'));
    const running = rig.again();
    await running.watch.look();
    await vi.waitUntil(async () => (await standsAt()) === 51, patient);
    const byAge = { by: ['age_band'] };
    expect(await told(byAge)).toEqual({
      cells: [
        ['20-24', 25],
        ['30-34', 'small-number'],
        ['40-44', 'small-number'],
        ['50-54', 15],
      ],
      total: 40,
    });
    // 26 people beside the 23 told of before would be three: of several values, what each is told as.
    expect(await told({ where: { age_band: ['20-24', '30-34'] } })).toEqual({
      ...{ cells: [[null, 25]], total: 25 },
    });
    expect(await told({ where: { age_band: ['30-34', '40-44'] } })).toEqual({
      ...{ cells: [[null, 'small-number']], total: 0 },
    });
    // So would everybody beside all that was told: 46 - 23 - 16.
    expect(await told({ measure: 'rate', having: { age_band: '20-24' } })).toMatchObject({
      cells: [[null, 'differencing']],
    });
    expect(await told({ measure: 'mean', of: 'quantity_value', ...byAge })).toMatchObject({
      cells: [
        ['20-24', 10.5],
        ['30-34', 'small-number'],
        ['50-54', 10.5],
      ],
    });
    await rig.write(...aged(400, 2, '50-54'));
    await vi.waitUntil(async () => (await standsAt()) === 53, patient);
    expect((await told(byAge)).cells).toContainEqual(['50-54', 15]);
    expect((await told({ where: { age_band: '50-54' } })).cells).toEqual([[null, 15]]);
    expect((await told({ by: ['age_band', 'age_band'] })).cells).toContainEqual(['50-54', 15]);
    // Ten records of each of three people, told with those of the others and then without: the ten would be known.
    const ofFew = Array.from({ length: 30 }, (_, n) => recordOf(200 + (n % 3), 900 + n, 'x'));
    await rig.write(...ofFew.map((one) => ({ ...one, value: { ...one.value, ageBand: '30-34' } })));
    await vi.waitUntil(async () => (await standsAt()) === 83, patient);
    const records = { unit: 'records' as const };
    expect((await told({ ...records, ...byAge })).cells).toContainEqual(['30-34', 'small-number']);
    expect((await told(records)).cells).toEqual([[null, 'differencing']]);
    await running.watch.stop();
    await expect(told({ by: ['person'], of: 'record_id' })).rejects.toMatchObject({
      ...{ code: 'MESH-4511', status: 422 },
      errors: [{ path: '$.by[0]' }, { path: '$.of' }],
    });
  });

  it('gives questions asked at the same moment the answers they would have one after another', async () => {
    const [codes, levels, ...same] = await Promise.all([
      told({ by: ['medication_code'] }, 'QRL'),
      told({ by: ['dmd_level'] }, 'QRL'),
      ...[1, 2, 3].map(() => told({ by: ['age_band'] }, 'QRL')),
    ]);
    // None states a level, and all but four have the code.
    const everybody = levels.cells[0]?.[1];
    const most = codes.cells.find(([code]) => code === 'x')?.[1];
    expect([everybody, most].filter((one) => one === 'differencing')).toHaveLength(1);
    expect(same).toEqual([same[0], same[0], same[0]]);
  });

  it('has two credentials at most, and ending one ends what it has open and not the other', async () => {
    const [one] = await rig.parts.credentials.list(rig.grant.id);
    const second = await rig.parts.credentials.make(rig.grant.id, noted);
    await expect(rig.parts.credentials.make(rig.grant.id, noted)).rejects.toMatchObject({
      code: 'MESH-4507',
    });
    const client = await rig.signIn(second);
    await rig.parts.credentials.end(rig.grant.id, one!.user, noted);
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await rig.parts.credentials.end(rig.grant.id, second.user, noted);
    await expect(client.query('SELECT 1')).rejects.toThrow();
    await expect(rig.signIn(second)).rejects.toMatchObject({ code: '28P01' });
  });

  it('keeps its recipient out while the grant is suspended, and is filled anew when it is renewed', async () => {
    const { watch, ports, credentials, snapshots } = rig.parts;
    const login = await credentials.make(rig.grant.id, noted);
    const client = await rig.signIn(login);
    const before = await rows();
    await snapshots.look();
    rig.grant.isActive = false;
    rig.grant.isSuspended = true;
    await watch.look();
    await expect(client.query('SELECT 1')).rejects.toThrow();
    await expect(rig.signIn(login)).rejects.toMatchObject({ code: '28000' });
    await expect(rows()).rejects.toMatchObject({ code: '42P01' });
    expect([await snapshots.list(rig.grant.id), await ports.followed()]).toEqual([[], []]);
    expect(readdirSync(join(rig.around.snapshots.folder, rig.grant.id))).toEqual([]);
    await rig.write(recordOf(2, 2, null));

    rig.grant.isActive = true;
    rig.grant.isSuspended = false;
    await watch.look();
    await vi.waitUntil(async () => (await standsAt()) === 84, patient);
    const gone = messageKey(recordOf(2, 2, null));
    expect(await rows()).toEqual(before.filter((row) => !row.startsWith(gone)));
    const again = await rig.signIn(login);
    expect((await again.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await again.end();
    await credentials.end(rig.grant.id, login.user, noted);
  });

  it('is filled anew by a process that comes back after longer than tombstones are sure to be kept', async () => {
    await rig.parts.watch.stop();
    const before = await rows();
    // As if a record had ended meanwhile, and its tombstone had been compacted away.
    const over = messageKey(recordOf(9_000, 9_000, null));
    await rig.pool.query(`INSERT INTO ${table()} (record_key) VALUES ($1)`, [over]);
    const afterDays = async (days: number) => {
      await rig.pool.query(`UPDATE reader SET followed_at = now() - make_interval(days => $1)`, [
        days,
      ]);
      const { watch } = rig.again();
      await watch.look();
      await vi.waitUntil(async () => (await standsAt()) === 84, patient);
      await watch.stop();
      return (await rows()).sort();
    };
    expect(await afterDays(3)).toEqual([...before, `${over} null`].sort());
    expect(await afterDays(4)).toEqual(before.sort());
    await rig.parts.watch.look();
  });

  it('gives no snapshot of a table that is still being filled', async () => {
    const { watch, snapshots } = rig.parts;
    const { governance } = rig.around;
    const approved = governance.approvedSchemas;
    const mayRead = Promise.withResolvers<void>();
    governance.approvedSchemas = () => mayRead.promise.then(approved);
    for (const isActive of [false, true]) {
      Object.assign(rig.grant, { isActive, isSuspended: !isActive });
      await watch.look();
    }
    try {
      await snapshots.want(rig.grant.id);
      await snapshots.look();
      expect(await snapshots.list(rig.grant.id)).toEqual([]);
    } finally {
      mayRead.resolve();
      governance.approvedSchemas = approved;
    }
    const taken = async () => {
      await snapshots.look();
      return (await snapshots.list(rig.grant.id))[0] ?? null;
    };
    const { rows: count, offsets } = await vi.waitUntil(taken, patient);
    expect(Object.values(offsets).reduce((sum, offset) => sum + offset, 0)).toBe(84);
    expect(count).toBe((await rows()).length);
  });

  it('is taken again soon once a record has left it, and not for one that came or changed', async () => {
    const held = await rows();
    rig.around.snapshots.soonestMs = 0;
    const { snapshots } = rig.again();
    const taken = async () => {
      await snapshots.look();
      return (await snapshots.list(rig.grant.id))[0]!;
    };
    const before = await taken();
    await rig.write(recordOf(1, 1, 'newer'), recordOf(9_001, 9_001, 'came'));
    await vi.waitUntil(async () => (await standsAt()) === 86, patient);
    expect(await taken()).toEqual(before);
    await rig.write(recordOf(1, 1, null), recordOf(9_002, 9_002, null));
    await vi.waitUntil(async () => (await standsAt()) === 88, patient);
    const after = await taken();
    expect([before.rows, after.rows]).toEqual([held.length, (await rows()).length]);
    expect((await fetched(after, 'csv')).toString()).not.toContain(
      messageKey(recordOf(1, 1, null)),
    );
    await rig.write(recordOf(9_002, 9_002, null));
    await vi.waitUntil(async () => (await standsAt()) === 89, patient);
    expect(await taken()).toEqual(after);
    await expect(snapshots.file(rig.grant.id, before.id, before.files[0]!.name)).rejects.toThrow(
      /MESH-4509/,
    );
  });

  it('has the recipient’s new pseudonyms alone once they changed', async () => {
    const { watch, snapshots } = rig.parts;
    await snapshots.want(rig.grant.id);
    await snapshots.look();
    const former = rig.grant.views[0]!.topic;
    const topic = rig.rename();
    await watch.look();
    await snapshots.want(rig.grant.id);
    await snapshots.look();
    expect(await snapshots.list(rig.grant.id)).toMatchObject([{ topic, rows: 0 }]);
    await rig.write(...[21, 22, 23].map((n) => recordOf(n, n, `named anew ${n}`)));
    await watch.look();
    await vi.waitUntil(async () => (await standsAt()) === 3, patient);
    expect(await rows()).toEqual(shown([21, 22, 23].map((n) => recordOf(n, n, `named anew ${n}`))));
    await snapshots.want(rig.grant.id);
    await snapshots.look();
    expect(await snapshots.list(rig.grant.id)).toMatchObject([{ topic, rows: 3 }]);
    expect(readdirSync(join(rig.around.snapshots.folder, rig.grant.id))).toEqual([topic]);
    expect(former).not.toBe(topic);
  });

  it('is gone, with its roles and connections, when the grant is', async () => {
    const login = await rig.parts.credentials.make(rig.grant.id, noted);
    const client = await rig.signIn(login);
    rig.grant.isActive = false;
    await rig.parts.watch.look();
    await expect(client.query('SELECT 1')).rejects.toThrow();
    await expect(rig.signIn(login)).rejects.toMatchObject({ code: '28P01' });
    const left = await rig.pool.query(
      `SELECT rolname FROM pg_roles WHERE rolname LIKE $1
       UNION SELECT nspname FROM pg_namespace WHERE nspname LIKE $1`,
      [`share_${rig.grant.id}%`],
    );
    expect(left.rows).toEqual([]);
    expect(await rig.parts.ports.all()).toEqual([]);
    expect(readdirSync(rig.around.snapshots.folder)).toEqual([]);
  });
});
