import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createTopics } from '@caremesh/testing';
import { stop } from '@caremesh/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import type { Answer } from '../intake/answer.js';
import { gpWithTwoMajors, ndjson, nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { readUntil } from '../rig/read-topic.js';
import { SCHEMAS, SCHEMA_ID, smallMesh, TOPIC } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { openDomain } from '../start/start-domain.js';

const SECOND = 'gp.medication-statement.v2';
const SECOND_ID = 4712;

let mesh: SmallMesh;
let app: NestFastifyApplication;
let sql: pg.Client;

/** The schemas with a second major beside the first: the same fields under another id, version and topic. */
function schemasWithSecond(): string {
  const schemas = mkdtempSync(join(tmpdir(), 'caremesh-schemas-'));
  const [v1, v2] = ['v1', 'v2'].map((major) => join(schemas, 'gp/medication-statement', major));
  mkdirSync(v2!, { recursive: true });
  for (const to of [v1!, v2!])
    cpSync(join(SCHEMAS, 'gp/medication-statement/v1'), to, { recursive: true });
  const file = join(v2!, 'contract.odcs.yaml');
  const text = readFileSync(file, 'utf8')
    .replace('medication-statement:v1', 'medication-statement:v2')
    .replace("version: '1.0.0'", "version: '2.0.0'")
    .replace('medication-statement.v1', 'medication-statement.v2');
  writeFileSync(file, text);
  return schemas;
}

beforeAll(async () => {
  mesh = await smallMesh();
  await createTopics(mesh.stack, [SECOND]);
  const schemas = schemasWithSecond();
  Object.assign(mesh.env, { MESH_SCHEMAS_DIR: schemas, MESH_PARITY_SECONDS: '0.2' });
  Object.assign(mesh.env, { MESH_RETENTION_EVERY_MS: '300' });
  sql = new pg.Client({ connectionString: mesh.database.url });
  await sql.connect();
  app = await openDomain(gpWithTwoMajors, mesh.env);
  await until(async () => (await fetch(`${await url()}/health/ready`)).status === 200);
});
afterAll(async () => {
  await sql?.end();
  if (app) await stop(app, { error: () => undefined } as never);
  await mesh?.admin.deleteTopics({ topics: [SECOND] });
  await mesh?.close();
});

const url = async () => (await app.getUrl()).replace('[::1]', '127.0.0.1');

async function post(...lines: Line[]): Promise<Answer> {
  const response = await fetch(`${await url()}/v1/intake/feed`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await mesh.token()}`,
      'content-type': 'application/x-ndjson',
    },
    body: ndjson(lines),
  });
  return (await response.json()) as Answer;
}

/** The schema ids under which the domain publishes now. */
async function published(): Promise<(number | null)[]> {
  const headers = { authorization: `Bearer ${await mesh.token()}` };
  const response = await fetch(`${await url()}/v1/status`, { headers });
  const { products } = (await response.json()) as { products: { schemaId: number | null }[] };
  return products.map(({ schemaId }) => schemaId);
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('It did not come to pass in time');
}

/** Governance says that the second major, whose contract is exactly the local folder's, is published. */
function approveSecond(): void {
  const { hash, contract } = readContractFolder(
    mesh.env['MESH_SCHEMAS_DIR']!,
    'gp/medication-statement/v2',
  );
  const version = { version: contract.version, state: 'published', contentHash: hash };
  const ids = { schemaId: SECOND_ID, secondarySchemaId: null };
  const versions = [{ ...version, ...ids }];
  const major = { major: 2, topic: SECOND, secondary: null, versions };
  mesh.governance.state.beside.push(major);
}

const second = nhsNumber(72);

describe('two majors of a product', () => {
  it('the first is published while the second waits for its approval', async () => {
    const at = '2026-01-05T09:00:00.000Z';
    const lines: Line[] = [
      { do: 'put', id: 'p1', nhs: nhsNumber(71), at },
      { do: 'put', id: 'out', nhs: nhsNumber(71), text: 'left out' },
    ];
    expect(await post(...lines)).toMatchObject({ accepted: 2 });
    expect(await readUntil(mesh.stack, TOPIC, 2)).toHaveLength(2);
  });

  it('when the second is opened, it begins with what is held of the first, as its own mapping has it', async () => {
    approveSecond();
    const [filled] = await readUntil(mesh.stack, SECOND, 1);
    const first = (await readUntil(mesh.stack, TOPIC, 2)).find(({ key }) => key === filled!.key);
    expect(first!.value).toMatchObject({ medicationText: 'paracetamol' });
    expect(filled!.value).toMatchObject({ medicationText: 'PARACETAMOL', changeType: 'CREATED' });
    expect(filled!.headers).toMatchObject({
      ce_time: first!.headers['ce_time'],
      ce_recordrevision: '1',
    });
    const { rows } = await sql.query(
      `SELECT count(*)::integer AS records, count(DISTINCT kept_from)::integer AS times FROM record
        WHERE record LIKE left($1, 26) || '%'`,
      [filled!.record],
    );
    expect(rows).toEqual([{ records: 2, times: 1 }]);
  });

  it('are published side by side, each by its own mapping, under the same record id', async () => {
    await until(async () => (await published()).includes(SECOND_ID));
    await post({ do: 'put', id: 'p2', nhs: second, text: 'amoxicillin' });
    const other = (await readUntil(mesh.stack, SECOND, 2)).find(
      ({ value }) => value?.['medicationText'] === 'AMOXICILLIN',
    );
    const records = await readUntil(mesh.stack, TOPIC, 3);
    const first = records.find(({ key }) => key === other!.key);
    expect([first!.schemaId, other!.schemaId]).toEqual([SCHEMA_ID, SECOND_ID]);
    expect(other!.value).toMatchObject({ medicationText: 'AMOXICILLIN', changeType: 'CREATED' });
    expect(other!.value!['recordId']).toBe(other!.record);
    expect(other!.headers).toMatchObject({
      ce_type: 'caremesh.gp.medication-statement.created.v2',
      ce_recordrevision: '1',
    });
  });

  it('follow a merge each by itself', async () => {
    await post({ do: 'merge', nhs: second, into: nhsNumber(73) });
    for (const [topic, count] of [
      [TOPIC, 6],
      [SECOND, 5],
    ] as const) {
      const records = await readUntil(mesh.stack, topic, count);
      expect(records).toHaveLength(count);
      const kinds = records
        .map(({ value }) => value?.['changeType'] ?? 'tombstone')
        .sort((a, b) => (a < b ? -1 : 1));
      expect(kinds.slice(-3)).toEqual(['MERGED', 'UPDATED', 'tombstone']);
    }
  });

  it('are compared where they are, and governance gets the numbers', async () => {
    const { parity } = mesh.governance.state;
    await until(() => JSON.stringify(parity.at(-1) ?? {}).includes('"inBoth":2'));
    const report = parity.at(-1) as { fields: { field: string; agree: number }[] };
    expect(report).toMatchObject({
      ...{ from: 1, to: 2, liveFrom: 3, liveTo: 2, inBoth: 2, onlyInFrom: 1, onlyInTo: 0 },
    });
    const differing = report.fields.filter(({ agree }) => agree < 2);
    expect(differing).toEqual([{ field: 'medicationText', agree: 0 }]);
    expect(JSON.stringify(report)).not.toMatch(/AMOXICILLIN|amoxicillin/);
    expect(report.fields.map(({ field }) => field)).toContain('recordId');
  });

  it('when the first is retired, only the second is published', async () => {
    mesh.governance.state.first = 'retired';
    await until(async () => !(await published()).includes(SCHEMA_ID));
    expect(await post({ do: 'put', id: 'p3', nhs: nhsNumber(74) })).toMatchObject({ accepted: 1 });
    expect(await readUntil(mesh.stack, SECOND, 6)).toHaveLength(6);
    expect(await readUntil(mesh.stack, TOPIC, 6)).toHaveLength(6);
    const { rows } = await sql.query('SELECT topics FROM outbox_route WHERE closed');
    expect(rows.flatMap(({ topics }) => topics as string[])).toContain(TOPIC);
  });

  it('and what is held of the first goes when its retention is over, without a word', async () => {
    const count = async (text: string) =>
      (await sql.query<{ n: number }>(`SELECT count(*)::integer AS n FROM ${text}`)).rows[0]!.n;
    const ofFirst = `record WHERE product = 'gp.medication-statement'`;
    const ofSecond = `record WHERE product = 'gp.medication-statement.v2'`;
    const [first, second] = [await count(ofFirst), await count(ofSecond)];
    expect(await count(`told_merge WHERE product = 'gp.medication-statement'`)).toBe(1);
    await sql.query(`UPDATE record SET kept_from = '2000-01-01' WHERE record IN (
      SELECT record FROM ${ofFirst} AND NOT retracted ORDER BY record LIMIT 1)`);
    await until(async () => (await count(ofFirst)) === first - 1);
    await sql.query(`UPDATE record SET kept_from = '2000-01-01' WHERE product = $1`, [
      'gp.medication-statement',
    ]);
    await until(async () => (await count(ofFirst)) === 0);
    await until(async () => (await count('told_merge')) === 1);
    expect(await count(ofSecond)).toBe(second);
    expect(await readUntil(mesh.stack, TOPIC, 6)).toHaveLength(6);
    expect(await readUntil(mesh.stack, SECOND, 6)).toHaveLength(6);
  });

  it('when the second is retired too, what comes in is refused for good', async () => {
    for (const { versions } of mesh.governance.state.beside) versions[0]!.state = 'retired';
    await until(async () => !(await published()).includes(SECOND_ID));
    const answer: unknown = await post({ do: 'put', id: 'p4', nhs: nhsNumber(75) });
    expect(answer).toMatchObject({ status: 410, code: 'MESH-2017', retriable: false });
  });
});
