import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  allow,
  clientToken,
  createTopics,
  domainRules,
  enableDomain,
  grantRules,
  newGrantClient,
  personToken,
  registerSchema,
  sharedStack,
  type TestStack,
} from './index.js';

/** What an embedded part refuses whoever has no business there: every port, every kind of credential. */
let stack: TestStack;
beforeAll(async () => {
  stack = await sharedStack();
  await enableDomain(stack, 'gp');
  await allow(stack, 'domain-gp', domainRules('gp'));
  await newGrantClient(stack, 'abcdefgh');
  await createTopics(stack, ['gp.locked.v1', 'acute.locked.v1', 'gp.other.v1']);
  await allow(stack, 'grant-abcdefgh', grantRules('abcdefgh', ['gp.locked.v1']));
});

/** A token nobody signed: Kafka's own default validator would take it. */
function unsigned(claims: object): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg: 'none' })}.${encode(claims)}.`;
}

/** A token signed as ours are, under the name of our key, with a key of the caller's own. */
async function signedElsewhere(claims: object): Promise<string> {
  const response = await fetch(stack.jwksUrl);
  const { keys } = (await response.json()) as { keys: { kid: string }[] };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const head = `${encode({ alg: 'RS256', kid: keys[0]?.kid, typ: 'at+jwt' })}.${encode(claims)}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return `${head}.${sign('sha256', Buffer.from(head), privateKey).toString('base64url')}`;
}

/** A token "signed" with a password of the caller's own choice. */
function forged(claims: object): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const head = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
  return `${head}.${createHmac('sha256', 'x').update(head).digest('base64url')}`;
}

function claims(sub: string): object {
  const now = Math.floor(Date.now() / 1000);
  return { sub, iss: stack.issuer, aud: 'mesh-kafka', iat: now, exp: now + 300 };
}

type Sasl = ConstructorParameters<typeof Admin>[0]['sasl'];
const bearer = (token: string): Sasl => ({ mechanism: 'OAUTHBEARER', token });

async function topicsSeenBy(brokers: string[], sasl: Sasl): Promise<string[]> {
  const options = { clientId: 'probe', bootstrapBrokers: brokers, sasl, retries: 0 };
  const admin = new Admin({ ...options, connectTimeout: 5_000, requestTimeout: 5_000 });
  try {
    return await admin.listTopics({ includeInternals: true });
  } finally {
    await admin.close();
  }
}

describe('the broker', () => {
  it('lets nobody in without a credential, on any of its listeners', async () => {
    const ports = [
      stack.kafkaBrokers[0],
      stack.kafkaInternal.broker,
      stack.kafkaInternal.controller,
    ];
    for (const port of ports) {
      await expect(topicsSeenBy([port ?? ''], undefined)).rejects.toThrow();
    }
  });

  it.each([
    ['an unsigned token', unsigned],
    ['a token signed with a password', forged],
    ['a token signed with another key', signedElsewhere],
  ])('refuses %s, whomever it names', async (_, make) => {
    for (const sub of ['broker', 'svc-governance', 'domain-gp']) {
      const token = await make(claims(sub));
      await expect(topicsSeenBy(stack.kafkaBrokers, bearer(token))).rejects.toThrow();
    }
  });

  it('refuses a token for another audience', async () => {
    const token = await clientToken(stack, 'svc-governance', 'mesh-api');
    await expect(topicsSeenBy(stack.kafkaBrokers, bearer(token))).rejects.toThrow();
  });

  it('refuses the wrong password, and tokens, on the listeners of its own', async () => {
    const wrong: Sasl = { mechanism: 'PLAIN', username: 'broker', password: 'broker' };
    const token = await clientToken(stack, 'svc-governance', 'mesh-kafka');
    for (const port of [stack.kafkaInternal.broker, stack.kafkaInternal.controller]) {
      await expect(topicsSeenBy([port], wrong)).rejects.toThrow();
      await expect(topicsSeenBy([port], bearer(token))).rejects.toThrow();
    }
  });

  it('refuses passwords on the listener of clients', async () => {
    const { password } = stack.kafkaInternal;
    const plain: Sasl = { mechanism: 'PLAIN', username: 'broker', password };
    await expect(topicsSeenBy(stack.kafkaBrokers, plain)).rejects.toThrow();
  });

  it('shows a client without rules no topic at all', async () => {
    const token = await clientToken(stack, 'svc-disclosure', 'mesh-kafka');
    expect(await topicsSeenBy(stack.kafkaBrokers, bearer(token))).toEqual([]);
  });

  it('lets a domain write its own topics and no other domain’s', async () => {
    const token = await clientToken(stack, 'domain-gp', 'mesh-kafka');
    expect(await write(token, 'gp.locked.v1')).toBe('written');
    expect(await write(token, 'acute.locked.v1')).toMatch(/authori/i);
  });

  it('lets governance make topics but read and write none', async () => {
    const token = await clientToken(stack, 'svc-governance', 'mesh-kafka');
    const admin = new Admin({
      clientId: 'governance',
      bootstrapBrokers: stack.kafkaBrokers,
      sasl: bearer(token),
    });
    await admin.createTopics({ topics: ['gp.made.v1'], partitions: 1, replicas: 1 });
    await admin.close();
    // The broker may not know of a topic yet whose making it has acknowledged.
    await expect.poll(() => write(token, 'gp.made.v1'), { timeout: 10_000 }).toMatch(/authori/i);
    expect(await read(token, 'gp.locked.v1', 'any')).toMatch(/authori/i);
  });

  it('lets a grant read its topic with its own groups only', async () => {
    const token = await clientToken(stack, 'grant-abcdefgh', 'mesh-kafka');
    expect(await read(token, 'gp.locked.v1', 'share.abcdefgh.one')).toBe('read');
    expect(await read(token, 'gp.locked.v1', 'share.other.one')).toMatch(/authori/i);
    expect(await read(token, 'gp.other.v1', 'share.abcdefgh.two')).toMatch(/authori/i);
    expect(await write(token, 'gp.locked.v1')).toMatch(/authori/i);
  });
});

async function write(token: string, topic: string): Promise<string> {
  const producer = new Producer({
    clientId: 'probe',
    bootstrapBrokers: stack.kafkaBrokers,
    sasl: bearer(token),
    retries: 0,
  });
  try {
    await producer.send({ messages: [{ topic, key: Buffer.from('k'), value: Buffer.from('v') }] });
    return 'written';
  } catch (error) {
    return reasons(error);
  } finally {
    await producer.close();
  }
}

async function read(token: string, topic: string, groupId: string): Promise<string> {
  const consumer = new Consumer({
    groupId,
    clientId: 'probe',
    bootstrapBrokers: stack.kafkaBrokers,
    sasl: bearer(token),
    // The first group of a new broker waits for the offsets topic to be made.
    retries: 20,
    retryDelay: 250,
  });
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    for await (const message of stream) if (message) return 'read';
    return 'ended';
  } catch (error) {
    return reasons(error);
  } finally {
    await consumer.close(true);
  }
}

/** Every message in a failure and its causes: clients wrap the broker's answer several times. */
function reasons(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const inner = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const code = 'apiId' in error ? String(error.apiId) : '';
  return [error.message, code, ...[...inner, error.cause].map(reasons)].join(' ');
}

describe('the schema registry', () => {
  const schema = { type: 'record', name: 'A', fields: [{ name: 'a', type: 'string' }] };
  const base = () => stack.registryUrl.replace('/apis/ccompat/v7', '');

  async function answer(method: string, path: string, token: string | null, json?: object) {
    const response = await fetch(base() + path, {
      method,
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: json ? JSON.stringify(json) : undefined,
    });
    return response.status;
  }

  it('lets governance alone register, and anyone read', async () => {
    const id = await registerSchema(stack, 'gp.locked.v1-value', schema);
    const domain = await clientToken(stack, 'domain-gp', 'mesh-registry');
    for (const token of [null, domain]) {
      expect(await answer('GET', `/apis/ccompat/v7/schemas/ids/${id}`, token)).toBe(200);
      expect(
        await answer('GET', '/apis/ccompat/v7/subjects/gp.locked.v1-value/versions/1', token),
      ).toBe(200);
    }
  });

  it.each([
    ['POST', '/apis/ccompat/v7/subjects/gp.foreign.v1-value/versions', { schema: '"string"' }],
    ['DELETE', '/apis/ccompat/v7/subjects/gp.locked.v1-value', undefined],
    ['PUT', '/apis/ccompat/v7/config', { compatibility: 'NONE' }],
    ['PUT', '/apis/ccompat/v7/config/gp.locked.v1-value', { compatibility: 'NONE' }],
    ['POST', '/apis/registry/v3/groups', { groupId: 'x' }],
    ['POST', '/apis/registry/v3/groups/default/artifacts', { artifactId: 'x' }],
    ['POST', '/apis/registry/v3/admin/rules', { ruleType: 'VALIDITY', config: 'NONE' }],
    ['POST', '/apis/registry/v2/groups/default/artifacts', schema],
    ['GET', '/apis/registry/v3/search/artifacts', undefined],
    ['GET', '/apis/registry/v3/admin/rules', undefined],
    ['GET', '/apis/registry/v3/admin/export', undefined],
    ['GET', '/apis/registry/v3/admin/config/properties', undefined],
    ['GET', '/apis/registry/v3/system/info', undefined],
    ['GET', '/apis/registry/v3/users/me', undefined],
    ['GET', '/apis/registry/v2/system/info', undefined],
    ['GET', '/metrics', undefined],
    ['GET', '/q/health', undefined],
    ['GET', '/q/metrics', undefined],
    ['GET', '/', undefined],
  ])('refuses %s %s to anybody else', async (method, path, json) => {
    const domain = await clientToken(stack, 'domain-gp', 'mesh-registry');
    const otherAudience = await clientToken(stack, 'svc-governance', 'mesh-api');
    const person = await personToken(stack, 'governance-lead');
    expect(await answer(method, path, null, json)).toBe(401);
    expect(await answer(method, path, domain, json)).toBe(403);
    for (const token of [otherAudience, person, unsigned(claims('svc-governance'))]) {
      expect(await answer(method, path, token, json)).toBe(401);
    }
  });
});

describe('the database', () => {
  it('signs nobody in without a password, and no role into another’s database', async () => {
    const url = new URL(stack.adminUrl);
    url.password = '';
    await expect(connects(url.toString())).rejects.toThrow();
    url.password = 'caremesh';
    await expect(connects(url.toString())).rejects.toThrow(/password authentication failed/);
  });

  it('keeps passwords as scram-sha-256 and trusts no address', async () => {
    const client = new pg.Client({ connectionString: stack.adminUrl });
    await client.connect();
    const rules = await client.query('SELECT DISTINCT auth_method FROM pg_hba_file_rules');
    const stored = await client.query(
      "SELECT count(*)::int AS n FROM pg_authid WHERE rolpassword NOT LIKE 'SCRAM-SHA-256$%'",
    );
    await client.end();
    expect(rules.rows).toEqual([{ auth_method: 'scram-sha-256' }]);
    expect(stored.rows).toEqual([{ n: 0 }]);
  });
});

it('keeps the values of a statement that failed out of the server’s log', async () => {
  const client = new pg.Client({ connectionString: stack.adminUrl });
  await client.connect();
  const failing = ["SELECT 'kept-secret'::int", "SELECT $1::int + '1'::int"];
  for (const text of failing) {
    const values = text.includes('$1') ? ['kept-secret'] : [];
    await expect(client.query(text, values)).rejects.toThrow(/invalid input syntax/);
  }
  await client.end();
  const log = readFileSync(join(stack.home, 'logs', 'postgresql.log'), 'utf8');
  expect(log).toMatch(/ready to accept connections/);
  expect(log).not.toContain('kept-secret');
});

async function connects(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.end();
}
