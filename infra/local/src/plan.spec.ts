import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { homeAt } from './home/paths.js';
import { modeOf, planStack, type PlanOptions } from './plan.js';

const root = resolve(import.meta.dirname, '..', '..', '..');

function options(extra: Partial<PlanOptions> = {}): PlanOptions {
  const home = homeAt(mkdtempSync(join(tmpdir(), 'caremesh-plan-')));
  return { root, home, mode: 'test', environment: { PATH: '/bin' }, portShift: 3_000, ...extra };
}

const environmentOf = (plan: Awaited<ReturnType<typeof planStack>>, name: string) =>
  plan.components.find((one) => one.name === name)?.launch().env ?? {};

it('orders the parts: database, identity, broker and registry, governance, the rest', async () => {
  const { components } = await planStack(options());
  const after = Object.fromEntries(components.map((one) => [one.name, one.after]));
  expect(after).toMatchObject({
    postgresql: [],
    identity: ['postgresql'],
    kafka: ['identity'],
    registry: ['postgresql', 'identity'],
    governance: ['postgresql', 'identity', 'kafka', 'registry'],
    gp: ['governance', 'postgresql', 'identity', 'kafka', 'registry'],
  });
});

it('gives each service its own database, role, secret and key, and nobody else’s', async () => {
  const given = options();
  const plan = await planStack(given);
  const gp = environmentOf(plan, 'gp');
  expect(gp).toMatchObject({
    MESH_SERVICE: 'gp',
    MESH_HOST: '127.0.0.1',
    MESH_CLIENT_ID: 'domain-gp',
    MESH_CLIENT_SECRET_FILE: join(given.home.secrets, 'domain-gp'),
    MESH_KEY_FILE: join(given.home.keys, 'gp.key'),
    MESH_SCHEMAS_DIR: join(root, 'schemas'),
    MESH_MODE: 'test',
    TZ: 'UTC',
    CAREMESH_STACK: given.home.root,
  });
  expect(gp['MESH_DATABASE_URL']).toMatch(
    /^postgresql:\/\/mesh_domain_gp:[\w%-]+@127.0.0.1:\d+\/mesh_domain_gp$/,
  );
  expect(environmentOf(plan, 'acute')['MESH_MLLP_PORT']).toMatch(/^\d+$/);
  expect(statSync(join(given.home.keys, 'gp.key')).size).toBe(32);
  expect(readdirSync(given.home.secrets)).toEqual(
    expect.arrayContaining([
      'svc-governance',
      'svc-ledger-sealer',
      'svc-disclosure',
      'svc-care-disclosure',
      'domain-gp',
      'db-mesh_domain_gp',
    ]),
  );
});

it('hands on neither a caller’s token nor npm’s variables', async () => {
  const environment = {
    MESH_TOKEN: 'secret',
    npm_config_registry: 'x',
    NODE_OPTIONS: '--inspect',
    MESH_TOPIC_SEGMENT_MS: '1000',
  };
  const gp = environmentOf(await planStack(options({ environment })), 'gp');
  expect(gp).not.toHaveProperty('MESH_TOKEN');
  expect(gp).not.toHaveProperty('npm_config_registry');
  expect(gp).not.toHaveProperty('NODE_OPTIONS');
  expect(gp['MESH_TOPIC_SEGMENT_MS']).toBe('1000');
});

it('hands on what a shell says to PostgreSQL’s clients only where the server is the site’s own', async () => {
  // What `mesh grant credentials --format psql` exports, and more that they read.
  const shell = { PGHOST: 'h', PGSSLMODE: 'prefer', PGOPTIONS: '-c a=b', PGCONNECT_TIMEOUT: '1' };
  const env = { ...shell, PG: 'kept', PGP_KEY: 'kept' };
  const own = environmentOf(await planStack(options({ environment: env })), 'gp');
  expect(Object.keys(own).filter((name) => name.startsWith('PG'))).toEqual(['PG', 'PGP_KEY']);
  const given = { ...env, MESH_DATABASE_URL_GP: 'postgresql://u:p@db.example/gp' };
  expect(environmentOf(await planStack(options({ environment: given })), 'gp')).toMatchObject(env);
});

it('leaves out what the site already runs, and waits for none of it', async () => {
  const environment = {
    MESH_KAFKA_BROKERS: 'broker-1:9092,broker-2:9092',
    MESH_REGISTRY_URL: 'https://registry.example/apis/ccompat/v7',
  };
  const plan = await planStack(options({ environment }));
  const names = plan.components.map(({ name }) => name);
  expect(names).not.toContain('kafka');
  expect(names).not.toContain('registry');
  expect(plan.components.find(({ name }) => name === 'governance')?.after).toEqual([
    'postgresql',
    'identity',
  ]);
  expect(environmentOf(plan, 'gp')).toMatchObject(environment);
  expect(environmentOf(plan, 'governance')['MESH_REGISTRY_SHARED']).toBe('true');
  const own = environmentOf(await planStack(options()), 'governance');
  expect(own['MESH_REGISTRY_SHARED']).toBe('false');
});

it('keeps ports and secrets from one start to the next', async () => {
  const given = options();
  const first = await planStack(given);
  const second = await planStack(given);
  expect(second.components.map(({ ports }) => ports)).toEqual(
    first.components.map(({ ports }) => ports),
  );
  expect(environmentOf(second, 'gp')['MESH_DATABASE_URL']).toBe(
    environmentOf(first, 'gp')['MESH_DATABASE_URL'],
  );
});

it('starts no embedded identity provider in production mode, and seeds nobody', async () => {
  const given = options({ mode: 'production' });
  await expect(planStack(given)).rejects.toMatchObject({ code: 'MESH-6006', exit: 2 });
  expect(readdirSync(given.home.root)).not.toContain('people.json');
});

it('leaves TLS with a site’s own broker to the site, and needs none with its own', async () => {
  const security = async (environment: NodeJS.ProcessEnv) => {
    const plan = await planStack(options({ environment }));
    return ['governance', 'gp', 'disclosure'].map(
      (name) => environmentOf(plan, name)['MESH_KAFKA_SECURITY'],
    );
  };
  const site = { MESH_KAFKA_BROKERS: 'kafka.site:9093' };
  const told = { MESH_KAFKA_SECURITY: 'SASL_SSL' };
  expect(new Set(await security({ ...site, ...told }))).toEqual(new Set(['SASL_SSL']));
  expect(new Set(await security(site))).toEqual(new Set(['']));
  expect(new Set(await security(told))).toEqual(new Set(['SASL_PLAINTEXT']));
});

it('knows three modes, and takes no other word for one of them', () => {
  expect([undefined, '', 'test', 'production'].map((one) => modeOf({ MESH_MODE: one }))).toEqual([
    'development',
    'development',
    'test',
    'production',
  ]);
  for (const word of ['prod', 'Production', 'live']) {
    expect(() => modeOf({ MESH_MODE: word })).toThrow(`MESH_MODE is "${word}".`);
  }
});

it('runs governance as often as it is asked to, on one database, each on a port of its own', async () => {
  const plan = await planStack(options({ environment: { MESH_GOVERNANCE_INSTANCES: '2' } }));
  const both = ['governance', 'governance-2'].map((name) => environmentOf(plan, name));
  expect(both[0]!['MESH_DATABASE_URL']).toBe(both[1]!['MESH_DATABASE_URL']);
  expect(both.map((env) => env['MESH_CLIENT_ID'])).toEqual(['svc-governance', 'svc-governance']);
  expect(both[0]!['MESH_PORT']).not.toBe(both[1]!['MESH_PORT']);
  expect(environmentOf(plan, 'gp')['MESH_GOVERNANCE_URL']).toMatch(`:${both[0]!['MESH_PORT']}`);
  const none = await planStack(options({ environment: { MESH_GOVERNANCE_INSTANCES: 'x' } }));
  expect(none.components.map(({ name }) => name)).not.toContain('governance-2');
});

it('runs disclosure as often as it is asked to, as one principal, and a domain only once', async () => {
  const environment = { MESH_DISCLOSURE_INSTANCES: '2', MESH_GP_INSTANCES: '2' };
  const plan = await planStack(options({ environment }));
  const both = ['disclosure', 'disclosure-2'].map((name) => environmentOf(plan, name));
  for (const name of ['MESH_DATABASE_URL', 'MESH_CLIENT_ID', 'MESH_KEY_FILE', 'MESH_SERVICE']) {
    expect(both[0]![name]).toBeDefined();
    expect(both[0]![name]).toBe(both[1]![name]);
  }
  expect(both[0]!['MESH_PORT']).not.toBe(both[1]!['MESH_PORT']);
  expect(plan.components.map(({ name }) => name)).not.toContain('gp-2');
});

it('runs the program of disclosure a second time for individual care: another principal, database and key', async () => {
  const plan = await planStack(options());
  const [views, care] = ['disclosure', 'care-disclosure'].map((name) => environmentOf(plan, name));
  expect(care).toMatchObject({
    MESH_SERVICE: 'care-disclosure',
    MESH_CLIENT_ID: 'svc-care-disclosure',
  });
  for (const name of ['MESH_DATABASE_URL', 'MESH_CLIENT_SECRET_FILE', 'MESH_KEY_FILE']) {
    expect(care![name]).toBeDefined();
    expect(care![name]).not.toBe(views![name]);
  }
});
