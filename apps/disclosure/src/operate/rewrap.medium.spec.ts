import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createApp, createLogger, loadConfig } from '@caremesh/platform';
import { personToken } from '@caremesh/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { GrantedView } from '../grants/governance.js';
import { StoredPseudonymKeys } from '../keys/pseudonym-keys.js';
import { FileWrapping } from '../keys/wrapping.js';
import { disclosureEnvironment } from '../settings.js';
import { disclosureRig } from '../spec/disclosure-rig.fixture.js';
import type { Rig } from '../spec/disclosure-rig.fixture.js';
import { person } from '../spec/publisher.js';

const folder = mkdtempSync(join(tmpdir(), 'caremesh-wrapping-'));
const [inUse, former] = [join(folder, 'wrapping.key'), join(folder, 'former.key')];
const PEOPLE = [1, 2, 3].map((n) => [n, person(n)] as const);
const consented = { commonLaw: 'consent' as const };
const PURPOSES = ['research', 'audit'] as const;

let rig: Rig;
let app: Awaited<ReturnType<typeof createApp>>;
let base: string;
let views: GrantedView[];

beforeAll(async () => {
  for (const [n, file] of [inUse, former].entries()) writeFileSync(file, Buffer.alloc(32, n + 1));
  rig = await disclosureRig(() => null, { wrapping: FileWrapping.at(inUse, former) }, 11);
  const environment = loadConfig(disclosureEnvironment, {
    ...{ MESH_MODE: 'test', MESH_HOME: rig.stack.home, MESH_SERVICE: 'disclosure', MESH_PORT: '0' },
    ...{ MESH_DATABASE_URL: 'postgres://none', MESH_KAFKA_BROKERS: 'none:1' },
    ...{ MESH_REGISTRY_URL: rig.stack.registryUrl, MESH_OIDC_ISSUER: rig.stack.issuer },
    ...{ MESH_GOVERNANCE_URL: 'http://127.0.0.1:1', MESH_CLIENT_ID: 'svc-disclosure' },
    ...{ MESH_CLIENT_SECRET_FILE: '/none', MESH_KEY_FILE: '/none', MESH_SCHEMAS_DIR: '/none' },
  });
  const log = createLogger('spec', 'silent');
  app = await createApp(rig.parts.module, { environment, name: 'disclosure', log }, log);
  await app.listen(0, '127.0.0.1');
  base = await app.getUrl();
  const recipients = PURPOSES.map((purpose) => ({ organisation: 'QUY', purpose }));
  views = [
    await rig.grant('rewrapone', { ...consented, recipient: recipients[0]! }),
    await rig.grant('rewraptwo', { ...consented, recipient: recipients[1]! }),
  ];
  await rig.publish(...PEOPLE.map(([n, one]) => [n, one] as [number, typeof one]));
  for (const view of views) await rig.read(view, PEOPLE.length);
});
afterAll(async () => {
  await app?.close();
  await rig?.close();
  rmSync(folder, { recursive: true });
});

/** Status and answer of one call, as somebody. */
async function call(user: string, method: string, path: string): Promise<[number, unknown]> {
  const authorization = `Bearer ${await personToken(rig.stack, user)}`;
  const answer = await fetch(`${base}/v1/keys${path}`, { method, headers: { authorization } });
  return [answer.status, await answer.json()];
}

async function wrappedBy(): Promise<Set<string>> {
  const [, { items }] = (await call('auditor', 'GET', '')) as [
    number,
    { items: { purpose: string; wrappedBy: string }[] },
  ];
  expect(items.map(({ purpose }) => purpose)).toEqual([...PURPOSES].sort());
  return new Set(items.map((one) => one.wrappedBy));
}

const keysOf = async (view: GrantedView, atLeast: number) =>
  (await rig.read(view, atLeast)).map(({ key }) => key);

describe('another wrapping key', () => {
  test('is taken by whoever runs the mesh, and by nobody else', async () => {
    for (const user of ['analyst', 'gp-owner', 'ig-lead', 'auditor'])
      expect(await call(user, 'POST', '/rewrap')).toMatchObject([403, { code: 'MESH-5204' }]);
  });

  test('closes every pseudonym key after one call, a second finds nothing to do, and the former file may go', async () => {
    const [before] = [...(await wrappedBy())];
    const uses = views.map(({ recipient }) => ({ ...recipient, optOut: 'exempt' as const }));
    const keys = await Promise.all(uses.map((use) => rig.parts.keys.keyOf(use)));
    // As the files of a running service are exchanged: it reads them at each use.
    copyFileSync(inUse, former);
    writeFileSync(inUse, Buffer.alloc(32, 9));
    expect(await call('administrator', 'POST', '/rewrap')).toEqual([200, { rewrapped: 2 }]);
    expect(await call('administrator', 'POST', '/rewrap')).toEqual([200, { rewrapped: 0 }]);
    const after = await wrappedBy();
    expect(after.size).toBe(1);
    expect(after).not.toContain(before);
    writeFileSync(former, Buffer.alloc(32, 10));
    const fresh = new StoredPseudonymKeys(rig.pool, FileWrapping.at(inUse));
    const now = await Promise.all(uses.map((use) => fresh.keyOf(use)));
    expect(now).toEqual(keys);
  });

  test('changes no pseudonym: the next revision of a record has the key it had', async () => {
    const names: string[][] = [];
    for (const view of views) names.push(await keysOf(view, PEOPLE.length));
    await rig.publish(...PEOPLE.map(([n, one]) => [n, one, 2] as [number, typeof one, number]));
    for (const [at, view] of views.entries()) {
      const all = await keysOf(view, 2 * PEOPLE.length);
      expect(all.slice().sort()).toEqual([...names[at]!, ...names[at]!].sort());
    }
  });

  test('that cannot open what stands there changes nothing, and says so', async () => {
    const before = await wrappedBy();
    copyFileSync(inUse, join(folder, 'kept.key'));
    writeFileSync(inUse, Buffer.alloc(32, 11));
    expect(await call('administrator', 'POST', '/rewrap')).toMatchObject([
      expect.any(Number),
      { code: 'MESH-4002' },
    ]);
    expect(await wrappedBy()).toEqual(before);
    copyFileSync(join(folder, 'kept.key'), inUse);
    expect(await call('administrator', 'POST', '/rewrap')).toEqual([200, { rewrapped: 0 }]);
  });
});
