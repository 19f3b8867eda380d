import { keys } from '@caremesh/contract';
import { createApp, createLogger, loadConfig } from '@caremesh/platform';
import { clientToken, newGrantClient, personToken } from '@caremesh/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { outputPortEnvironment } from '../settings.js';
import { portRig } from '../spec/port-rig.fixture.js';

const PRODUCT = 'gp.medication-statement';
const patient = { timeout: 60_000, interval: 100 };
const idOf = (text: string) => keys.keyedHash(Buffer.alloc(32, 9), text);

type Answer = { status: number; body: Record<string, unknown>; bytes: Buffer; headers: Headers };
type Who = 'requester' | 'colleague' | 'grant' | 'other grant' | 'nobody';

let rig: Awaited<ReturnType<typeof portRig>>;
let app: Awaited<ReturnType<typeof createApp>>;
let base: string;
const tokens = new Map<Who, string>();
let requester: string;

async function call(who: Who, method: string, path: string, json?: object): Promise<Answer> {
  const token = tokens.get(who);
  const response = await fetch(`${base}/v1/grants/${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(json && { 'content-type': 'application/json' }),
    },
    body: json ? JSON.stringify(json) : null,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const body = isJson ? (JSON.parse(bytes.toString()) as Answer['body']) : {};
  return { status: response.status, body, bytes, headers: response.headers };
}
const saying = async (answer: Promise<Answer>) => {
  const { status, body } = await answer;
  return [status, body['code'] ?? null];
};
const own = (rest: string) => `${rig.grant.id}/${rest}`;

beforeAll(async () => {
  rig = await portRig();
  const { stack, grant, around } = rig;
  for (const id of [grant.id, `${grant.id}x`]) await newGrantClient(stack, id, ['mesh-api']);
  tokens.set('requester', await personToken(stack, 'analyst'));
  tokens.set('colleague', await personToken(stack, 'analyst-2'));
  tokens.set('grant', await clientToken(stack, `grant-${grant.id}`, 'mesh-api'));
  tokens.set('other grant', await clientToken(stack, `grant-${grant.id}x`, 'mesh-api'));
  requester = `Bearer ${tokens.get('requester')}`;
  // As governance answers: the grant is shown to who asked for it, and to the service.
  around.governance.grant = (id = grant.id) => Promise.resolve(id === grant.id ? grant : null!);
  around.governance.grantShownTo = (authorization = '', id = grant.id) =>
    Promise.resolve(authorization === requester && id === grant.id ? grant : null!);
  const environment = loadConfig(outputPortEnvironment, {
    ...{ MESH_MODE: 'test', MESH_HOME: stack.home, MESH_SERVICE: 'output-ports', MESH_PORT: '0' },
    ...{ MESH_DATABASE_URL: rig.place.url, MESH_KAFKA_BROKERS: stack.kafkaBrokers.join(',') },
    ...{ MESH_REGISTRY_URL: stack.registryUrl, MESH_OIDC_ISSUER: stack.issuer },
    ...{ MESH_GOVERNANCE_URL: 'http://127.0.0.1:1', MESH_CLIENT_ID: 'svc-output-ports' },
    ...{ MESH_CLIENT_SECRET_FILE: '/none', MESH_KEY_FILE: '/none', MESH_SCHEMAS_DIR: '/none' },
  });
  const log = createLogger('spec', 'silent');
  app = await createApp(rig.parts.module, { environment, name: 'output-ports', log }, log);
  await app.listen(0, '127.0.0.1');
  base = await app.getUrl();
  const records = Array.from({ length: 12 }, (_, n) => {
    const [person, record] = [idOf(`p${n}`), idOf(`r${n}`)];
    return {
      person,
      record,
      value: { person, recordId: record, changeType: 'CREATED', ageBand: '40-44' },
    };
  });
  await rig.write(...records);
});
afterAll(async () => {
  await app?.close();
  await rig?.close();
});

describe('an output port over HTTP', () => {
  it('is opened by who asked for the grant, and by nobody else', async () => {
    expect(await saying(call('nobody', 'PUT', own('output-port')))).toEqual([401, 'MESH-5201']);
    expect(await saying(call('colleague', 'PUT', own('output-port')))).toEqual([404, 'MESH-4503']);
    expect(await saying(call('grant', 'PUT', own('output-port')))).toEqual([403, 'MESH-5204']);
    expect(await saying(call('requester', 'PUT', 'abcdefgh/output-port'))).toEqual([
      404,
      'MESH-4503',
    ]);
    expect(await saying(call('requester', 'GET', own('output-port')))).toEqual([409, 'MESH-4506']);
    const opened = await call('requester', 'PUT', own('output-port'));
    expect(opened).toMatchObject({
      status: 200,
      body: { grant: rig.grant.id, paused: false, tables: [{ product: PRODUCT, major: 1 }] },
    });
    expect((await call('requester', 'PUT', own('output-port'))).status).toBe(200);
    expect(rig.notes.filter((action) => action === 'output-port.opened')).toHaveLength(1);
  });

  it('shows how it stands to its requester and to its own credential', async () => {
    await vi.waitUntil(async () => {
      const { body } = await call('grant', 'GET', own('output-port'));
      const [table] = body['tables'] as { offsets: Record<string, number> }[];
      return Object.values(table!.offsets).reduce((sum, one) => sum + one, 0) === 12;
    }, patient);
    expect(await saying(call('other grant', 'GET', own('output-port')))).toEqual([
      404,
      'MESH-4503',
    ]);
  });

  it('gives its files to the grant’s own credential alone', async () => {
    expect((await call('grant', 'POST', own('snapshots'))).status).toBe(202);
    expect(await saying(call('other grant', 'POST', own('snapshots')))).toEqual([404, 'MESH-4503']);
    await rig.parts.snapshots.look();
    const { body } = await call('requester', 'GET', own('snapshots'));
    const [snapshot] = body['items'] as { id: string; rows: number; files: { name: string }[] }[];
    expect(snapshot).toMatchObject({ rows: 12 });
    const file = `snapshots/${snapshot!.id}/files/${PRODUCT}.v1.csv`;
    const fetched = await call('grant', 'GET', own(file));
    expect([fetched.status, fetched.headers.get('content-type')]).toEqual([
      200,
      'text/csv; charset=utf-8',
    ]);
    expect(fetched.headers.get('content-disposition')).toContain(`${PRODUCT}.v1.csv`);
    expect(fetched.bytes.toString().trimEnd().split('\n')).toHaveLength(13);
    expect(await saying(call('requester', 'GET', own(file)))).toEqual([403, 'MESH-5204']);
    expect(await saying(call('other grant', 'GET', own(file)))).toEqual([404, 'MESH-4503']);
    const above = `snapshots/${snapshot!.id}/files/${encodeURIComponent('../../../people.json')}`;
    expect(await saying(call('grant', 'GET', own(above)))).toEqual([404, 'MESH-4509']);
    expect(await saying(call('grant', 'GET', own('snapshots/none/files/x.csv')))).toEqual([
      404,
      'MESH-4509',
    ]);
  });

  it('answers questions of the form it knows, on the ledger', async () => {
    const answer = await call('grant', 'POST', own('aggregates'), { product: PRODUCT });
    expect(answer).toMatchObject({ status: 200, body: { cells: [{ value: 10 }] } });
    expect(rig.notes).toContain('aggregate.answered');
    const asking = (json: object, who: Who = 'grant') =>
      saying(call(who, 'POST', own('aggregates'), json));
    expect(await asking({ product: PRODUCT }, 'other grant')).toEqual([404, 'MESH-4503']);
    expect(await asking({ product: 'acute.inpatient-spell' })).toEqual([404, 'MESH-4514']);
    expect(answer.body['tables']).toEqual({ told: 1, most: 60 });
    const conditioned = { product: PRODUCT, having: { status: 'active' } };
    expect(await asking(conditioned)).toEqual([422, 'MESH-4511']);
    expect(await asking({ product: PRODUCT, by: ['person'] })).toEqual([422, 'MESH-4511']);
    expect(await asking({ product: PRODUCT, sql: 'drop table port' })).toEqual([422, 'MESH-5120']);
  });

  it('makes SQL credentials for its requester, and names none that is not the grant’s', async () => {
    expect(await saying(call('grant', 'POST', own('sql-credentials')))).toEqual([403, 'MESH-5204']);
    const { status, body } = await call('requester', 'POST', own('sql-credentials'));
    expect([status, body]).toEqual([
      201,
      expect.objectContaining({ schema: `share_${rig.grant.id}`, sslMode: 'prefer' }),
    ]);
    const ending = (user: string) => call('requester', 'DELETE', own(`sql-credentials/${user}`));
    expect(await saying(ending('mesh_governance'))).toEqual([404, 'MESH-4508']);
    expect((await ending(String(body['user']))).status).toBe(204);
  });

  it('gives nothing to anybody while the grant is not active, nor offsets as if rows stood there', async () => {
    expect((await call('requester', 'POST', own('sql-credentials'))).status).toBe(201);
    Object.assign(rig.grant, { isActive: false, isSuspended: true });
    await rig.parts.watch.look();
    expect(await call('requester', 'GET', own('output-port'))).toMatchObject({
      ...{ status: 200, body: { paused: true, tables: [{ asOf: null, offsets: {} }] } },
    });
    expect((await rig.pool.query('SELECT FROM port_position')).rowCount).toBe(0);
    for (const [method, path] of [
      ['POST', 'snapshots'],
      ['POST', 'aggregates'],
    ] as const) {
      const asked = call('grant', method, own(path), { product: PRODUCT });
      expect(await saying(asked), path).toEqual([409, 'MESH-4505']);
    }
    expect(await saying(call('requester', 'POST', own('sql-credentials')))).toEqual([
      409,
      'MESH-4505',
    ]);
  });

  it('is given back by its requester while it is paused, credentials first', async () => {
    const { body } = await call('requester', 'GET', own('output-port'));
    const [login] = body['sqlCredentials'] as { user: string }[];
    const ending = own(`sql-credentials/${login!.user}`);
    expect(await saying(call('colleague', 'DELETE', ending))).toEqual([404, 'MESH-4503']);
    expect((await call('requester', 'DELETE', ending)).status).toBe(204);
    expect(await saying(call('colleague', 'DELETE', own('output-port')))).toEqual([
      404,
      'MESH-4503',
    ]);
    expect((await call('requester', 'DELETE', own('output-port'))).status).toBe(204);
    expect(await saying(call('requester', 'GET', own('output-port')))).toEqual([409, 'MESH-4506']);
    expect(await saying(call('requester', 'PUT', own('output-port')))).toEqual([409, 'MESH-4505']);
  });

  it('is opened anew once the grant is active again, filled, and closed', async () => {
    Object.assign(rig.grant, { isActive: true, isSuspended: false });
    expect((await call('requester', 'PUT', own('output-port'))).status).toBe(200);
    await vi.waitUntil(async () => {
      const { body } = await call('requester', 'GET', own('output-port'));
      const [table] = body['tables'] as { asOf: string | null; offsets: Record<string, number> }[];
      return Object.values(table!.offsets).reduce((sum, one) => sum + one, 0) === 12;
    }, patient);
    expect((await call('requester', 'DELETE', own('output-port'))).status).toBe(204);
    expect(await saying(call('requester', 'GET', own('output-port')))).toEqual([409, 'MESH-4506']);
  });
});
