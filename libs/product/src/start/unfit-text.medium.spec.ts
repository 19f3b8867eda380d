import { createLogger, stop } from '@caremesh/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { gp, ndjson, nhsNumber } from '../rig/feed.js';
import { smallMesh } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { openDomain } from './start-domain.js';

let mesh: SmallMesh;
let app: NestFastifyApplication;
let token: string;

const call = async (path: string, init: { method?: string; body?: string; type?: string } = {}) => {
  const { type, ...rest } = init;
  const headers = { authorization: `Bearer ${token}`, ...(type ? { 'content-type': type } : {}) };
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const response = await fetch(`${url}${path}`, { ...rest, headers });
  const body = (await response.json()) as { code?: string; received?: number };
  return { ...body, status: response.status };
};

beforeAll(async () => {
  mesh = await smallMesh();
  mesh.governance.state.approved = true;
  token = await mesh.token();
  app = await openDomain(gp, mesh.env);
  await vi.waitFor(async () => expect((await call('/health/ready')).status).toBe(200), 60_000);
});
afterAll(async () => {
  if (app) await stop(app, createLogger('spec', 'silent'));
  await mesh?.close();
});

it('is no receipt, no item and no cause that anybody has', async () => {
  for (const path of ['/v1/receipts/%00', '/v1/quarantine/%00', '/v1/quarantine/a%00b']) {
    expect(await call(path)).toMatchObject({ status: 404, code: 'MESH-5111' });
  }
  expect(await call('/v1/quarantine?cause=%00')).toMatchObject({ status: 422, code: 'MESH-5120' });
  const discard = { method: 'POST', type: 'application/json' };
  const body = JSON.stringify({ ids: ['a'], reason: 'a\u0000b' });
  expect(await call('/v1/quarantine/discards', { ...discard, body })).toMatchObject({
    ...{ status: 422, code: 'MESH-5120' },
    errors: [{ path: '$.reason', code: 'MESH-5125' }],
  });
});

it('is data where data comes in: it is taken, and what is wrong with it is told item by item', async () => {
  const line = { do: 'put' as const, id: 'n1', nhs: nhsNumber(1), text: 'a\u0000b' };
  const landed = { method: 'POST', body: ndjson([line]) };
  const answer = await call('/v1/intake/feed', { ...landed, type: 'application/x-ndjson' });
  expect(answer).toMatchObject({ status: 200, received: 1 });
  // The feed takes no JSON document: its own refusal, which comes after the platform's.
  const json = await call('/v1/intake/feed', { ...landed, type: 'application/json' });
  expect(json.status).toBe(415);
});

it('is refused for its content type, not for what a document of that type may not be', async () => {
  for (const body of ['{"a":', `["${'x'.repeat(1_100_000)}"]`]) {
    const sent = { method: 'POST', body, type: 'application/json; charset=utf-8' };
    expect(await call('/v1/intake/feed', sent)).toMatchObject({ status: 415, code: 'MESH-2001' });
  }
});
