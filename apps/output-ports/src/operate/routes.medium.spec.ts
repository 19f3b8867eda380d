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
    const [user, password] = [String(body['user']), String(body['password'])];
    const [whole] = body['settings'] as { format: string; text: string; fillIn: string | null }[];
    expect(whole).toMatchObject({ format: 'psql', fillIn: null });
    expect(whole?.text).toContain(`export PGUSER=${user} PGPASSWORD=${password} PGSSLMODE=prefer`);
    const settings = own(`sql-credentials/${user}/settings`);
    const later = (await call('requester', 'GET', settings)).body as typeof whole;
    expect(later).toEqual({
      ...{ user, format: 'psql', fillIn: 'PASSWORD_SHOWN_ONCE' },
      text: whole?.text.replace(password, 'PASSWORD_SHOWN_ONCE'),
    });
    expect(await saying(call('colleague', 'GET', settings))).toEqual([404, 'MESH-4503']);
    expect(await saying(call('grant', 'GET', settings))).toEqual([403, 'MESH-5204']);
    expect(
      await saying(call('requester', 'GET', own('sql-credentials/mesh_governance/settings'))),
    ).toEqual([404, 'MESH-4508']);
    const ending = (user: string) => call('requester', 'DELETE', own(`sql-credentials/${user}`));
    expect(await saying(ending('mesh_governance'))).toEqual([404, 'MESH-4508']);
    expect((await ending(user)).status).toBe(204);
  });

  it('tells how it is used: each way out, and nothing that the service reads for itself', async () => {
    const { uses, ports } = rig.parts;
    const used = async () => {
      await uses.look();
      return (
        rig.told
          .flat()
          .filter(({ way }) => way === 'sql')
          .at(-1)?.times ?? 0
      );
    };
    await uses.look();
    expect(rig.told.flat()).toEqual([
      { topic: rig.topic, way: 'aggregates', lastAt: expect.any(String), times: 1, records: null },
      { topic: rig.topic, way: 'files', lastAt: expect.any(String), times: 1, records: 12 },
    ]);
    const { body } = await call('requester', 'POST', own('sql-credentials'));
    const login = body as { user: string; password: string };
    const table = 'gp_medication_statement_v1';
    // A connection as short as that of `psql -c`: nobody who samples sessions would see it.
    const asking = async (...statements: string[]) => {
      const client = await rig.signIn(login);
      for (const statement of statements) await client.query(statement);
      await client.end();
    };
    const before = new Date();
    await asking(`SELECT * FROM ${table}`, `SELECT count(*) FROM ${table}`);
    await asking('SELECT * FROM about', `EXPLAIN SELECT * FROM ${table}`);
    await vi.waitUntil(async () => (await used()) === 2, patient);
    const [sql] = rig.told.flat().filter(({ way }) => way === 'sql');
    expect(sql).toMatchObject({ topic: rig.topic, records: null });
    expect(Date.parse(sql!.lastAt)).toBeGreaterThanOrEqual(before.getTime());

    const told = rig.told.length;
    await uses.look();
    expect(rig.told).toHaveLength(told);
    // A table that was there before statements were counted.
    const place = `share_${rig.grant.id}.${table}`;
    await rig.pool.query(`DROP POLICY counted ON ${place}`);
    await rig.pool.query(`ALTER TABLE ${place} DISABLE ROW LEVEL SECURITY`);
    const [view] = await ports.views(rig.grant.id);
    await ports.hold(rig.grant.id, view!, view!.columns, await rig.around.governance.contractOf());
    const client = await rig.signIn(login);
    expect((await client.query(`SELECT FROM ${table}`)).rowCount).toBe(12);
    await client.end();
    await vi.waitUntil(async () => (await used()) === 3, patient);
    // PostgreSQL forgot what it had counted.
    await rig.pool.query('UPDATE grant_use SET seen = 1000');
    await asking(`COPY ${table} TO STDOUT`);
    await vi.waitUntil(async () => (await used()) === 7, patient);
    await call('requester', 'DELETE', own(`sql-credentials/${login.user}`));
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
    const { governance } = rig.around;
    const approved = governance.approvedSchemas;
    const mayRead = Promise.withResolvers<void>();
    governance.approvedSchemas = () => mayRead.promise.then(approved);
    expect((await call('requester', 'PUT', own('output-port'))).status).toBe(200);
    const asking = () => call('grant', 'POST', own('aggregates'), { product: PRODUCT });
    // Of what is not all there no number is told.
    expect(await saying(asking())).toEqual([503, 'MESH-4411']);
    mayRead.resolve();
    governance.approvedSchemas = approved;
    await vi.waitUntil(async () => {
      const { body } = await call('requester', 'GET', own('output-port'));
      const [table] = body['tables'] as { asOf: string | null; offsets: Record<string, number> }[];
      return Object.values(table!.offsets).reduce((sum, one) => sum + one, 0) === 12;
    }, patient);
    expect((await asking()).body).toMatchObject({ total: 10 });
    expect((await call('requester', 'DELETE', own('output-port'))).status).toBe(204);
    expect(await saying(call('requester', 'GET', own('output-port')))).toEqual([409, 'MESH-4506']);
  });
});
