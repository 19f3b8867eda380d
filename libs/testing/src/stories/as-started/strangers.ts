import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, relative } from 'node:path';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '@caremesh/local';
import { ROOT } from '../../base-stack.js';
import { BareKafka, oauthBearer, plain } from '../../foreign/bare-kafka.js';
import { declaredRoutes, openSources } from '../../foreign/routes.js';
import type { Route } from '../../foreign/routes.js';
import { accepts, listeningPorts, outsideAddresses } from '../../foreign/sockets.js';
import { forgedTokens, goodToken } from '../../foreign/tokens.js';
import type { ForgedToken } from '../../foreign/tokens.js';
import { personToken } from '../../sign-in.js';
import { mesh as running } from './mesh.js';

/**
 * Somebody without a credential, or with a foreign one, at every TCP port of every part of a running mesh:
 * refused every write, and every read but health, discovery, keys, token and schemas.
 */
let mesh: { home: string; status: Status };
const forged: Record<'mesh-api' | 'mesh-kafka' | 'mesh-registry', ForgedToken[]> = {
  'mesh-api': [],
  'mesh-kafka': [],
  'mesh-registry': [],
};

beforeAll(async () => {
  mesh = { home: running.home, status: running.status() };
  const where = { home: mesh.home, issuer: mesh.status.identity.issuer };
  forged['mesh-api'] = await forgedTokens(where, 'user-governance-lead', 'mesh-api');
  forged['mesh-kafka'] = await forgedTokens(where, 'svc-governance', 'mesh-kafka');
  forged['mesh-registry'] = await forgedTokens(where, 'svc-governance', 'mesh-registry');
});

const componentsOf = (names: (name: string) => boolean) =>
  mesh.status.components.filter(({ name }) => names(name));
const EMBEDDED = ['postgresql', 'kafka', 'registry'];
const where = () => ({ home: mesh.home, issuer: mesh.status.identity.issuer });

// Not even JSON: what is refused for this, and not for the token, has been read.
const UNREADABLE = '{"title":';

async function statusOf(
  url: string,
  method: string,
  token?: string,
  content = UNREADABLE,
): Promise<number> {
  const body = method === 'GET' || method === 'DELETE' ? undefined : content;
  const answer = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    body,
  });
  await answer.body?.cancel();
  return answer.status;
}

describe('the ports', () => {
  it('that processes listen on are those that the status names, and no other', () => {
    const said = mesh.status.components.map(({ name, ports }) => [
      name,
      [...ports].sort((a, b) => a - b),
    ]);
    const found = mesh.status.components.map(({ name, pid }) => [name, listeningPorts(pid ?? 0)]);
    expect(found).toEqual(said);
  });

  it('take connections on loopback alone', async () => {
    const ports = mesh.status.components.flatMap((one) => one.ports);
    expect(ports.length).toBeGreaterThan(8);
    for (const port of ports) {
      expect([port, await accepts('127.0.0.1', port)]).toEqual([port, true]);
      for (const address of outsideAddresses()) {
        expect([port, address, await accepts(address, port)]).toEqual([port, address, false]);
      }
    }
  });
});

/** The routes of a service: its own, and those that a domain gets from libs/product. */
function routesOf(name: string): Route[] {
  const isDomain = mesh.status.domains.some((domain) => domain.name === name);
  // The same program under another name and principal.
  const program = name === 'care-disclosure' ? 'disclosure' : name;
  const own = declaredRoutes(join(ROOT, 'apps', program, 'src'));
  const given = isDomain ? declaredRoutes(join(ROOT, 'libs', 'product', 'src')) : [];
  return [...own, ...given, { method: 'POST', path: '/nowhere' }];
}

describe('the services of the mesh', () => {
  it('are open where the source says so, which is in two places', () => {
    const open = ['apps', 'libs'].flatMap((folder) => openSources(join(ROOT, folder)));
    const sources = open
      .map((file) => relative(ROOT, file))
      .filter((file) => !/dist|_modules/.test(file));
    expect(sources).toEqual([
      'apps/identity/src/provider/routes.ts',
      'libs/platform/src/http/health.ts',
      // Where @Open itself is made.
      'libs/platform/src/http/permission.ts',
    ]);
  });

  it('tell anybody whether they live', async () => {
    for (const { name, port } of componentsOf((one) => !EMBEDDED.includes(one))) {
      const status = await statusOf(`http://127.0.0.1:${port}/health/live`, 'GET');
      expect([name, status]).toEqual([name, 200]);
    }
  });

  it('refuse every declared route to a caller without a good token', async () => {
    let tried = 0;
    for (const { name, port } of componentsOf((one) => !EMBEDDED.includes(one))) {
      const routes = routesOf(name);
      for (const { method, path } of routes) {
        for (const { fault, token } of [
          { fault: 'none', token: undefined },
          ...forged['mesh-api'],
        ]) {
          const status = await statusOf(`http://127.0.0.1:${port}${path}`, method, token);
          expect([name, method, path, fault, status]).toEqual([name, method, path, fault, 401]);
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(200);
  });

  it('let the same token in when nothing is wrong with it', async () => {
    const token = await goodToken(where(), 'user-governance-lead', 'mesh-api');
    const { url } = mesh.status.governance;
    expect(await statusOf(`${url}/v1/products`, 'GET', token)).toBe(200);
  });
});

describe('somebody who is signed in', () => {
  const tokenOf = (user: string) =>
    personToken({ home: mesh.home, tokenUrl: mesh.status.identity.tokenUrl }, user);

  it('cannot bring in or look into what is another team’s', async () => {
    const others = { gp: 'acute-publisher', acute: 'gp-publisher' };
    const tried: string[] = [];
    for (const { name, url, intake } of mesh.status.domains) {
      const strangers = ['analyst', 'governance-lead', 'administrator', others[name as 'gp']];
      for (const user of strangers.filter((one) => one !== undefined)) {
        const token = await tokenOf(user);
        for (const { address } of intake.filter(({ method }) => method === 'http')) {
          tried.push(address);
          expect([user, address, await statusOf(address, 'POST', token, '{}')]).toEqual([
            user,
            address,
            403,
          ]);
        }
        const quarantine = await statusOf(`${url}/v1/quarantine`, 'GET', token);
        expect([user, name, quarantine]).toEqual([user, name, 403]);
      }
    }
    expect(new Set(tried).size).toBe(mesh.status.domains.length);
  });

  it('cannot decide without the role', async () => {
    const token = await tokenOf('analyst');
    const { url } = mesh.status.governance;
    for (const path of ['/v1/proposals/abcd1234/decisions', '/v1/audit/export']) {
      const method = path.endsWith('decisions') ? 'POST' : 'GET';
      expect([path, await statusOf(url + path, method, token, '{}')]).toEqual([path, 403]);
    }
  });
});

describe('the identity provider', () => {
  it('publishes discovery and keys, and gives no token without a credential', async () => {
    const { issuer, tokenUrl, jwksUrl } = mesh.status.identity;
    expect(await statusOf(`${issuer}/.well-known/openid-configuration`, 'GET')).toBe(200);
    expect(await statusOf(jwksUrl, 'GET')).toBe(200);
    const ask = async (form: Record<string, string>) => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...form });
      return (await fetch(tokenUrl, { method: 'POST', body })).status;
    };
    expect(await ask({})).toBe(400);
    expect(await ask({ client_id: 'svc-governance' })).toBe(401);
    expect(await ask({ client_id: 'svc-governance', client_secret: 'guess' })).toBe(401);
    expect(await ask({ client_id: 'mesh-cli' })).toBe(400);
    expect(await ask({ grant_type: 'password', client_id: 'mesh-cli', username: 'auditor' })).toBe(
      400,
    );
  });

  it('has no page', async () => {
    for (const path of [
      '/',
      '/auth',
      '/me',
      '/reg',
      '/session/end',
      '/interaction/a',
      '/token/revocation',
    ]) {
      const status = await statusOf(`${mesh.status.identity.issuer}${path}`, 'GET');
      expect([path, status]).toEqual([path, 404]);
    }
  });
});

describe('the registry', () => {
  const v3 = '/apis/registry/v3';
  type Attempt = [method: string, path: string, content?: object];
  const writes: Attempt[] = [
    ['POST', '/apis/ccompat/v7/subjects/gp.a.v1-value/versions', { schema: '"string"' }],
    ['DELETE', '/apis/ccompat/v7/subjects/gp.a.v1-value'],
    ['PUT', '/apis/ccompat/v7/config', { compatibility: 'NONE' }],
    ['PUT', '/apis/ccompat/v7/config/gp.a.v1-value', { compatibility: 'NONE' }],
    ['POST', `${v3}/groups`, { groupId: 'x' }],
    ['POST', `${v3}/groups/default/artifacts`, { artifactId: 'x' }],
    ['DELETE', `${v3}/groups/default/artifacts`],
    ['POST', `${v3}/admin/rules`, { ruleType: 'VALIDITY', config: 'NONE' }],
    ['POST', `${v3}/admin/roleMappings`, { principalId: 'x', role: 'ADMIN' }],
  ];
  const reads: Attempt[] = [
    ['GET', `${v3}/admin/rules`],
    ['GET', `${v3}/admin/export`],
    ['GET', `${v3}/admin/config/properties`],
    ['GET', `${v3}/admin/roleMappings`],
    ['GET', `${v3}/users/me`],
  ];
  const attempt = ([method, path, content]: Attempt, token?: string) => {
    const url = new URL(path, mesh.status.registry.url).href;
    return statusOf(url, method, token, JSON.stringify(content));
  };

  it('refuses every write and every read of its own affairs to a stranger', async () => {
    for (const one of [...writes, ...reads]) {
      const nobody = { fault: 'none', token: undefined };
      for (const { fault, token } of [nobody, ...forged['mesh-registry']]) {
        const [method, path] = one;
        const status = await attempt(one, token);
        expect([method, path, fault, status]).toEqual([method, path, fault, 401]);
      }
    }
  });

  it('refuses every write to a domain, whose token is good', async () => {
    const token = await goodDomainToken('mesh-registry');
    for (const one of writes) {
      expect([one[0], one[1], await attempt(one, token)]).toEqual([one[0], one[1], 403]);
    }
  });

  it('lets anybody read schemas', async () => {
    expect(await attempt(['GET', '/apis/ccompat/v7/subjects'])).toBe(200);
  });

  it('lets governance in by the same token when nothing is wrong with it', async () => {
    const token = await goodToken(where(), 'svc-governance', 'mesh-registry');
    expect(await attempt(['GET', `${v3}/admin/rules`], token)).toBe(200);
  });
});

/** A token as a domain really gets it: no roles, no groups. */
async function goodDomainToken(audience: string): Promise<string> {
  const secret = (name: string) => readFileSync(join(mesh.home, 'secrets', name), 'utf8').trim();
  const admin = await goodToken(where(), 'svc-governance', 'mesh-api');
  const { issuer, tokenUrl } = mesh.status.identity;
  await fetch(`${issuer}/v1/domains/gp/enable`, {
    method: 'POST',
    headers: { authorization: `Bearer ${admin}` },
  });
  const form = { grant_type: 'client_credentials', client_id: 'domain-gp', audience };
  const body = new URLSearchParams({ ...form, client_secret: secret('domain-gp') });
  const answer = await fetch(tokenUrl, { method: 'POST', body });
  return ((await answer.json()) as { access_token: string }).access_token;
}

describe('the broker', () => {
  const SASL_AUTHENTICATION_FAILED = 58;
  const UNSUPPORTED_MECHANISM = 33;
  const kafka = () => componentsOf((name) => name === 'kafka')[0]?.ports ?? [];

  async function attempt<T>(port: number, say: (client: BareKafka) => Promise<T>): Promise<T> {
    const client = await BareKafka.open(port);
    try {
      return await say(client);
    } finally {
      client.close();
    }
  }

  it('answers nothing to a client that has not signed in, on any listener', async () => {
    expect(kafka()).toHaveLength(3);
    for (const port of kafka()) {
      expect((await attempt(port, (client) => client.metadata())).state).toBe('closed');
      expect((await attempt(port, (client) => client.produce('gp.a.v1'))).state).toBe('closed');
    }
  });

  it('refuses every foreign token, and what is no token, on the listener of clients', async () => {
    const [client = 0] = kafka();
    for (const { fault, token } of forged['mesh-kafka']) {
      const { state, error } = await attempt(client, (one) =>
        one.signIn('OAUTHBEARER', oauthBearer(token)),
      );
      expect([fault, state, error]).toEqual([fault, 'refused', SASL_AUTHENTICATION_FAILED]);
    }
    for (const text of ['', 'x', 'n,,\u0001\u0001', oauthBearer('x')]) {
      const { state } = await attempt(client, (one) => one.signIn('OAUTHBEARER', text));
      expect([text, state]).not.toContain('in');
    }
  });

  it('refuses a person, whose token is good, and lets in the machine', async () => {
    const [client = 0] = kafka();
    const at = { home: mesh.home, tokenUrl: mesh.status.identity.tokenUrl };
    const person = await personToken(at, 'governance-lead', 'mesh-kafka');
    const signIn = (token: string) =>
      attempt(client, (one) => one.signIn('OAUTHBEARER', oauthBearer(token)));
    expect(await signIn(person)).toMatchObject({
      ...{ state: 'refused', error: SASL_AUTHENTICATION_FAILED },
    });
    expect(await signIn(await goodDomainToken('mesh-kafka'))).toMatchObject({ state: 'in' });
  });

  it('takes no password there, and no token on the listeners of its own', async () => {
    const [client = 0, ...own] = kafka();
    const password = readFileSync(join(mesh.home, 'secrets', 'kafka-broker'), 'utf8').trim();
    const token = await goodToken(where(), 'svc-governance', 'mesh-kafka');
    const mechanisms: [number, string, string][] = [
      [client, 'PLAIN', plain('broker', password)],
      [client, 'SCRAM-SHA-256', 'n,,n=broker,r=abc'],
      ...own.flatMap((port): [number, string, string][] => [
        [port, 'OAUTHBEARER', oauthBearer(token)],
        [port, 'ANONYMOUS', ''],
      ]),
    ];
    for (const [port, mechanism, message] of mechanisms) {
      const { state, error } = await attempt(port, (one) => one.signIn(mechanism, message));
      expect([mechanism, state, error]).toEqual([mechanism, 'refused', UNSUPPORTED_MECHANISM]);
    }
  });

  it('refuses a wrong password on the listeners of its own', async () => {
    const [, ...own] = kafka();
    for (const port of own) {
      for (const guess of [plain('broker', 'broker'), plain('broker', ''), plain('', '')]) {
        const { state } = await attempt(port, (one) => one.signIn('PLAIN', guess));
        expect([port, state]).not.toContain('in');
      }
    }
  });

  it('lets the same credentials in when nothing is wrong with them', async () => {
    const [client = 0, ...own] = kafka();
    const token = await goodToken(where(), 'svc-governance', 'mesh-kafka');
    const password = readFileSync(join(mesh.home, 'secrets', 'kafka-broker'), 'utf8').trim();
    const [internal = 0] = own;
    const byToken = (one: BareKafka) => one.signIn('OAUTHBEARER', oauthBearer(token));
    const byPassword = (one: BareKafka) => one.signIn('PLAIN', plain('broker', password));
    for (const [port, signIn] of [[client, byToken] as const, [internal, byPassword] as const]) {
      const steps = await attempt(port, async (one) => [
        await signIn(one),
        await one.metadata(),
        await one.produce('gp.a.v1'),
      ]);
      expect(steps.map(({ state }) => state)).toEqual(['in', 'in', 'in']);
    }
    // The controller's listener knows neither of the two requests.
    expect((await attempt(own[1] ?? 0, byPassword)).state).toBe('in');
  });
});

describe('the database', () => {
  const port = () => componentsOf((name) => name === 'postgresql')[0]?.port ?? 0;

  async function attempt(user: string, password: string | undefined, database: string) {
    const options = { host: '127.0.0.1', port: port(), user, database };
    const client = new pg.Client(password === undefined ? options : { ...options, password });
    try {
      await client.connect();
      return 'in';
    } catch (error) {
      return (error as { code?: string }).code ?? (error as Error).message;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  const roles = () => [
    'caremesh',
    'postgres',
    'mesh_identity',
    'mesh_governance',
    'mesh_domain_gp',
  ];

  it('signs in no role without its password', async () => {
    for (const role of roles()) {
      for (const guess of [undefined, '', role, 'postgres']) {
        const outcome = await attempt(role, guess, 'postgres');
        expect([role, guess, outcome]).not.toContain('in');
      }
    }
  });

  it('lets a service into its own database and into no other', async () => {
    const secretOf = (role: string) =>
      readFileSync(join(mesh.home, 'secrets', `db-${role}`), 'utf8').trim();
    const INSUFFICIENT_PRIVILEGE = '42501';
    const own = ['mesh_identity', 'mesh_governance', 'mesh_domain_gp', 'mesh_domain_acute'];
    for (const role of own) {
      expect([role, await attempt(role, secretOf(role), role)]).toEqual([role, 'in']);
      for (const other of [...own, 'postgres'].filter((name) => name !== role)) {
        const outcome = await attempt(role, secretOf(role), other);
        expect([role, other, outcome]).toEqual([role, other, INSUFFICIENT_PRIVILEGE]);
      }
    }
  });
});

describe('the MLLP listener', () => {
  const START = '\u000b';
  const END = '\u001c\r';
  const mllp = () => {
    const [port] = mesh.status.domains.flatMap(({ intake }) =>
      intake.filter(({ method }) => method === 'mllp').map(({ address }) => new URL(address).port),
    );
    return Number(port);
  };

  function send(text: string): Promise<string> {
    return new Promise((done, failed) => {
      const socket = connect({ host: '127.0.0.1', port: mllp() }, () => socket.write(text));
      let answer = '';
      socket.setTimeout(10_000, () => failed(new Error('No answer')));
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString('latin1');
        if (answer.endsWith(END)) socket.destroy();
      });
      socket.on('error', failed);
      socket.on('close', () => done(answer));
    });
  }

  const message = (sender: string) =>
    [
      `MSH|^~\\&|PAS|${sender}|MESH|MESH|20260101120000||ADT^A01^ADT_A01|1|P|2.4`,
      'EVN|A01|20260101120000',
      'PID|1||9000000009^^^NHS^NHS||TEST^ANN||19800101|F',
      'PV1|1|I|W1',
    ].join('\r');

  it.each(['ZZZ99', '', 'EVIL', 'RJ1; DROP'])('refuses the sender "%s" with AR', async (sender) => {
    const answer = await send(`${START}${message(sender)}\r${END}`);
    expect(/\rMSA\|(\w\w)\|/.exec(answer)?.[1]).toBe('AR');
  });

  it('refuses what is no message with AR, naming none', async () => {
    const answer = await send(`${START}GET / HTTP/1.1\r\n${END}`);
    expect(/\rMSA\|(\w\w)\|([^|\r]*)/.exec(answer)?.slice(1, 3)).toEqual(['AR', '']);
  });
});
