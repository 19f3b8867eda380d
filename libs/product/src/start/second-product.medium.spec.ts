import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger, stop } from '@caremesh/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { readContractFolder } from '../approval/contract-folder.js';
import { defineDomain } from '../define/domain.js';
import { gp, ndjson, nhsNumber } from '../rig/feed.js';
import type { Line } from '../rig/feed.js';
import { SCHEMAS, smallMesh } from '../rig/small-mesh.js';
import type { SmallMesh } from '../rig/small-mesh.js';
import { openDomain } from './start-domain.js';

let mesh: SmallMesh;
let app: NestFastifyApplication;
let token: string;

/** The schemas with a second product beside the first, the same but for its name; nobody approved it. */
function schemasWithSecond(): string {
  const schemas = mkdtempSync(join(tmpdir(), 'caremesh-schemas-'));
  const first = join(SCHEMAS, 'gp/medication-statement/v1');
  const second = join(schemas, 'gp/visit/v1');
  cpSync(first, join(schemas, 'gp/medication-statement/v1'), { recursive: true });
  cpSync(first, second, { recursive: true });
  for (const name of readdirSync(second).filter((one) => /\.(yaml|avsc)$/.test(one))) {
    const text = readFileSync(join(second, name), 'utf8');
    const other = text.replaceAll('medication-statement', 'visit');
    writeFileSync(join(second, name), other.replaceAll('MedicationStatement', 'Visit'));
  }
  return schemas;
}

const [feed] = gp.sources;
const [medication] = gp.products;
const visits = { ...feed!, name: 'visits' };
const domain = defineDomain({
  ...gp,
  sources: [feed!, visits],
  products: [medication!, { ...medication!, contract: 'gp/visit/v1', from: visits }],
});

async function post(path: string, type: string, body: string) {
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const headers = { authorization: `Bearer ${token}`, 'content-type': type };
  const response = await fetch(`${url}/v1/${path}`, { method: 'POST', headers, body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Opens a domain, and waits until its first source takes in. */
async function opened(definition: typeof domain): Promise<void> {
  app = await openDomain(definition, mesh.env);
  const line: Line = { do: 'put', id: 'p1', nhs: nhsNumber(90) };
  await vi.waitFor(async () => expect((await send('feed', line)).status).toBe(200), 60_000);
}

const send = (source: string, ...lines: Line[]) =>
  post(`intake/${source}`, 'application/x-ndjson', ndjson(lines));

beforeAll(async () => {
  mesh = await smallMesh(schemasWithSecond());
  token = await mesh.token();
  await opened(domain);
});
afterAll(async () => {
  if (app) await stop(app, createLogger('spec', 'silent'));
  await mesh?.close();
});

it('a product that waits for its approval takes nothing in', async () => {
  const answer = await send('visits', { do: 'put', id: 'v1', nhs: nhsNumber(90) });
  expect(answer).toMatchObject({ status: 503, body: { code: 'MESH-2007' } });
});

it('people choose meanwhile as they did before', async () => {
  const who = { system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber(90) };
  const reason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
  const consent = {
    ...{ resourceType: 'Consent', id: 'c1', status: 'active', dateTime: '2026-03-02T10:00:00Z' },
    patient: { identifier: who },
    provision: { type: 'deny', purpose: [{ system: reason, code: 'TREAT' }] },
  };
  const answer = await post('intake/choices', 'application/fhir+json', JSON.stringify(consent));
  expect(answer).toMatchObject({ status: 200, body: { accepted: 1, quarantined: 0 } });
});

it('what the first product put aside is taken in again meanwhile', async () => {
  const faulty: Line = { do: 'faulty', id: 'p2', nhs: nhsNumber(90) };
  const { body } = await send('feed', faulty);
  const [{ quarantineId: id } = { quarantineId: '' }] = body['items'] as { quarantineId: string }[];
  for (const wanted of [{ ids: [id] }, { cause: 'dateImpossible' }]) {
    const answer = await post('quarantine/replays', 'application/json', JSON.stringify(wanted));
    expect(answer).toEqual({ status: 200, body: { replayed: 1, published: 0, refused: 1 } });
  }
});

it('one that was retired is waited for no more: after a restart its source goes on with the other', async () => {
  await stop(app, createLogger('spec', 'silent'));
  const { hash, contract } = readContractFolder(mesh.env['MESH_SCHEMAS_DIR']!, 'gp/visit/v1');
  const version = { version: contract.version, state: 'retired', contentHash: hash };
  const versions = [{ ...version, schemaId: 4712, secondarySchemaId: null }];
  mesh.governance.state.others['gp.visit'] = [
    { major: 1, topic: 'gp.visit.v1', secondary: null, versions },
  ];
  const products = [medication!, { ...medication!, contract: 'gp/visit/v1' }];
  await opened(defineDomain({ ...gp, sources: [feed!], products }));
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
});
