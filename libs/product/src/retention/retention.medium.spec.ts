import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { inSegments } from '@caremesh/testing';

import { stop } from '@caremesh/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { gp, ndjson, nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { readTopic } from '../rig/read-topic.js';
import { CONTRACT, SCHEMAS, SECONDARY, smallMesh, TOPIC } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { openDomain } from '../start/start-domain.js';

const MARKER = 'a medicine whose retention ends';
const patience = { timeout: 60_000, interval: 250 };

let mesh: SmallMesh;
let app: NestFastifyApplication;
let sql: pg.Client;
let token: string;

beforeAll(async () => {
  mesh = await smallMesh(shortLived());
  token = await mesh.token();
  await compactWithinSeconds();
  app = await openDomain(gp, { ...mesh.env, MESH_RETENTION_EVERY_MS: '500' });
  sql = new pg.Client({ connectionString: mesh.database.url });
  await sql.connect();
});

afterAll(async () => {
  await sql?.end();
  if (app) await stop(app, { error: () => undefined } as never);
  await mesh?.close();
});

it('ends a record everywhere: tombstone, log segments, state and landed source; but not under a hold', async () => {
  const later = new Date(Date.now() + 86_400_000).toISOString();
  mesh.governance.state.hold = { until: later };
  const line: Line = { do: 'put', id: 'r1', nhs: nhsNumber(1), text: MARKER };
  expect(await post(line)).toMatchObject({ accepted: 1 });
  await vi.waitUntil(
    () => inSegments(mesh.stack, TOPIC, MARKER) && inSegments(mesh.stack, SECONDARY, MARKER),
    patience,
  );
  const heldUntil = Date.now() + 4_000;
  await vi.waitUntil(() => Date.now() > heldUntil, patience);
  expect(
    (await readTopic(mesh.stack, TOPIC)).map(({ value }) => value?.['medicationText']),
  ).toEqual([MARKER]);

  mesh.governance.state.hold = null;
  for (const topic of [TOPIC, SECONDARY]) {
    const [, tombstone] = await vi.waitUntil(async () => {
      const records = await readTopic(mesh.stack, topic);
      return records.some(({ value }) => value === null) ? [records[0], records.at(-1)] : null;
    }, patience);
    expect(tombstone).toMatchObject({
      value: null,
      headers: {
        ce_type: 'caremesh.gp.medication-statement.retracted.v1',
        ce_recordrevision: '2',
      },
    });
  }
  const { rows } = await sql.query<{ content: Buffer; kept_from: Date | null }>(
    'SELECT content, kept_from FROM record',
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.kept_from).toBeNull();
  expect(rows[0]?.content.includes(MARKER)).toBe(false);
  expect(rows[0]?.content.includes(nhsNumber(1))).toBe(false);
  const landed = () => sql.query('SELECT 1 FROM payload UNION ALL SELECT 1 FROM landed');
  await vi.waitUntil(async () => (await landed()).rows.length === 0, patience);

  // What is being written to is not compacted: another record a moment later begins the next segment.
  let other = 0;
  await vi.waitUntil(
    async () => {
      other += 1;
      await post({ do: 'put', id: `o${other}`, nhs: nhsNumber(1), text: 'other' });
      return !inSegments(mesh.stack, TOPIC, MARKER) && !inSegments(mesh.stack, SECONDARY, MARKER);
    },
    { ...patience, interval: 1_500 },
  );

  expect(await post(line)).toMatchObject({ accepted: 1 });
  const again = await vi.waitUntil(async () => {
    const records = await readTopic(mesh.stack, TOPIC);
    return records.find(({ value }) => value?.['medicationText'] === MARKER);
  }, patience);
  expect(again.headers['ce_recordrevision']).toBe('3');
});

/** The contract as it is, but records are kept for two seconds. */
function shortLived(): string {
  const folder = mkdtempSync(join(tmpdir(), 'caremesh-schemas-'));
  cpSync(SCHEMAS, folder, { recursive: true });
  const file = join(folder, CONTRACT, 'contract.odcs.yaml');
  const text = readFileSync(file, 'utf8');
  const short = text.replace(/(property: retention\n\s+value:) \S+/, '$1 PT2S');
  expect(short).not.toBe(text);
  writeFileSync(file, short);
  return folder;
}

async function compactWithinSeconds(): Promise<void> {
  const SET = IncrementalAlterConfigOperationTypes.SET;
  const settings = {
    'segment.ms': '1000',
    'min.cleanable.dirty.ratio': '0.01',
    'max.compaction.lag.ms': '1000',
    'delete.retention.ms': '1000',
    'file.delete.delay.ms': '100',
  };
  await mesh.admin.incrementalAlterConfigs({
    resources: [TOPIC, SECONDARY].map((topic) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName: topic,
      configs: Object.entries(settings).map(([name, value]) => ({
        name,
        value,
        configOperation: SET,
      })),
    })),
  });
}

async function post(line: Line): Promise<unknown> {
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const authorization = `Bearer ${token}`;
  const headers = { authorization, 'content-type': 'application/x-ndjson' };
  const body = ndjson([line]);
  await vi.waitUntil(async () => (await fetch(`${url}/health/ready`)).ok, patience);
  return (await fetch(`${url}/v1/intake/feed`, { method: 'POST', headers, body })).json();
}
