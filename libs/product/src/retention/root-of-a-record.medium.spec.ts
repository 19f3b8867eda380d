import { stop } from '@caremesh/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import type { Answer } from '../intake/answer.js';
import { nhsNumber } from '../rig/feed.js';
import { readTopic } from '../rig/read-topic.js';
import { smallMesh, TOPIC } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { joinedGp } from '../rig/tables.js';
import type { TableRow } from '../rig/tables.js';
import { openDomain } from '../start/start-domain.js';

const patience = { timeout: 60_000, interval: 100 };
const [SEPTEMBER, OCTOBER] = ['2026-09-30T00:00:00Z', '2026-10-31T00:00:00Z'];

let mesh: SmallMesh;
let app: NestFastifyApplication;
let sql: pg.Client;
let token: string;

beforeAll(async () => {
  mesh = await smallMesh();
  token = await mesh.token();
  app = await openDomain(joinedGp, { ...mesh.env, MESH_RETENTION_EVERY_MS: '300' });
  const url = await app.getUrl();
  await vi.waitUntil(async () => (await fetch(`${url}/health/ready`)).status === 200, patience);
  sql = new pg.Client({ connectionString: mesh.database.url });
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  if (app) await stop(app, { error: () => undefined } as never);
  await mesh?.close();
});

async function post(...rows: TableRow[]): Promise<string[]> {
  const response = await fetch(`${await app.getUrl()}/v1/intake/tables`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: rows.map((row) => JSON.stringify(row)).join('\n'),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as Answer).items.map(({ outcome }) => outcome);
}

const told = async () =>
  (await readTopic(mesh.stack, TOPIC)).map(
    ({ headers, value }) =>
      `${headers['ce_recordrevision']} ${String(value?.['medicationText'] ?? 'over')}`,
  );

it('a record that ends takes with it what it was made of, however often that was stated since', async () => {
  const [patient, referral, contact, activity]: TableRow[] = [
    { part: 'patient', key: 'P1', text: 'p', nhs: nhsNumber(1), at: SEPTEMBER },
    { part: 'referral', key: 'R1', parent: 'P1', text: 'r', at: SEPTEMBER },
    { part: 'contact', key: 'C1', parent: 'R1', text: 'c', at: SEPTEMBER },
    { part: 'activity', key: 'A1', parent: 'C1', text: 'a', at: SEPTEMBER },
  ];
  await post(patient!, referral!, contact!, activity!);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  mesh.governance.state.hold = { until: tomorrow };
  await sql.query(`UPDATE record SET kept_from = now() - interval '100 years'`);
  await sql.query(`UPDATE part_row SET kept_from = now() - interval '100 years'`);
  // The next return has the same contact, and the patient is seen yet.
  expect(
    await post(
      ...[patient!, referral!, contact!, activity!].map((row) => ({ ...row, at: OCTOBER })),
    ),
  ).toEqual(['accepted', 'accepted', 'unchanged', 'accepted']);
  mesh.governance.state.hold = null;
  await vi.waitUntil(async () => (await told()).includes('2 over'), patience);
  const parts = async () =>
    (await sql.query<{ part: string }>('SELECT part FROM part_row ORDER BY part')).rows.map(
      ({ part }) => part,
    );
  await vi.waitFor(async () => expect(await parts()).toEqual(['patient', 'referral']), patience);

  expect(await post({ ...patient!, text: 'q', at: OCTOBER })).toEqual(['accepted']);
  expect(await told()).toEqual(['1 p/r/c:a', '2 over']);
  // Sent again it is what it would be if it had never come.
  expect(await post({ ...contact!, at: OCTOBER })).toEqual(['accepted']);
  await vi.waitUntil(async () => (await told()).length === 3, patience);
  expect((await told()).at(-1)).toBe('3 q/r/c:');
});
