import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { names } from '@caremesh/contract';
import {
  allow,
  clientToken,
  createTopics,
  grantRules,
  personToken,
  sharedStack,
} from '@caremesh/testing';
import type { TestStack } from '@caremesh/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Io } from '../io.js';
import { run } from '../program.js';
import { tokenOf } from './token.js';

const GRANT = 'keptcredential';
const TOPIC = names.viewTopic(GRANT, 'gp.medication-statement', 1);
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let stack: TestStack;
let home: string;
let cwd: string;
let token: string;
let server: Server;
let made = 0;
let asked: string[] = [];

beforeAll(async () => {
  stack = await sharedStack();
  await createTopics(stack, [TOPIC], { partitions: 1 });
  await allow(stack, `grant-${GRANT}`, grantRules(GRANT, [TOPIC]));
  token = await personToken(stack, 'analyst');
  server = createServer((request, response) => void answer(request.method, request.url, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(() => new Promise((done) => server.close(done)));
beforeEach(() => {
  asked = [];
  home = mkdtempSync(join(tmpdir(), 'mesh-kept-home-'));
  cwd = mkdtempSync(join(tmpdir(), 'mesh-kept-here-'));
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  write(home, 'status.json', { mode: 'test', governance: { url }, domains: [], components: [] });
  return () => [home, cwd].forEach((folder) => rmSync(folder, { recursive: true }));
});

/** What governance says of the grant, and the credentials it makes at the real identity provider. */
async function answer(
  method = '',
  url = '',
  response: { end(text: string): unknown },
): Promise<void> {
  asked.push(`${method} ${url}`);
  if (method === 'POST') response.end(JSON.stringify(await newCredential()));
  else if (url.includes('/settings')) {
    const clientId = url.split('/')[5]!;
    const text = JSON.stringify({ ...connection(clientId), clientSecret: null, keyId: clientId });
    response.end(JSON.stringify({ text }));
  } else response.end(JSON.stringify({ requestedBy: 'user-analyst' }));
}

const write = (folder: string, name: string, content: unknown) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), JSON.stringify(content));
};
const kept = () => join(home, 'credentials', `${GRANT}.json`);
const idKept = () => (JSON.parse(readFileSync(kept(), 'utf8')) as { clientId: string }).clientId;

function connection(clientId: string) {
  return {
    ...{ clientId, tokenUrl: stack.tokenUrl, scope: 'mesh-kafka' },
    ...{ bootstrap: stack.kafkaBrokers.join(','), securityProtocol: 'SASL_PLAINTEXT' },
    ...{ registryUrl: stack.registryUrl, topics: [TOPIC], groupPrefix: `share.${GRANT}.` },
  };
}

async function newCredential() {
  made += 1;
  const clientId = `grant-${GRANT}-${made}`;
  const clientSecret = `secret-${made}`;
  const secretSha256 = createHash('sha256').update(clientSecret).digest('hex');
  await client('PUT', clientId, { secretSha256 });
  return { ...connection(clientId), clientSecret, keyId: null };
}

async function newKey({ privateKey, publicKey } = pair, alg = 'ES256') {
  made += 1;
  const clientId = `grant-${GRANT}-${made}`;
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: clientId, alg };
  await client('PUT', clientId, { jwk });
  write(cwd, 'private.jwk', privateKey.export({ format: 'jwk' }));
  return { ...connection(clientId), clientSecret: null, keyId: clientId };
}

async function client(method: 'PUT' | 'DELETE', clientId: string, proof?: object): Promise<void> {
  const governance = await clientToken(stack, 'svc-governance', 'mesh-api');
  const about = {
    ...{ sub: `grant-${GRANT}`, kind: 'grant', enabled: true, roles: [], org: 'QUY' },
    ...{ audiences: ['mesh-kafka', 'mesh-api'], defaultAudience: 'mesh-kafka' },
  };
  const response = await fetch(`${stack.issuer}/v1/clients/${clientId}`, {
    method,
    headers: {
      authorization: `Bearer ${governance}`,
      ...(proof && { 'content-type': 'application/json' }),
    },
    ...(proof && { body: JSON.stringify({ ...about, ...proof }) }),
  });
  expect(response.ok, await response.text()).toBe(true);
}

async function consume(...more: string[]) {
  const written = { out: '', err: '' };
  const io: Io = {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    ...{ env: { MESH_TOKEN: token }, cwd, root: cwd, home },
  };
  const exit = await run(['consume', GRANT, '--idle', '3', ...more], io);
  return { exit, ...written };
}

test('a kept credential that was ended is dropped, and another made in its place and kept', async () => {
  const ended = await newCredential();
  write(join(home, 'credentials'), `${GRANT}.json`, ended);
  await client('DELETE', ended.clientId);
  const first = await consume();
  expect(first.err).toContain(`${ended.clientId} kept in ${kept()} was ended, and is dropped`);
  expect(first).toMatchObject({ exit: 0, err: expect.stringContaining('0 records') });
  expect(idKept()).toBe(`grant-${GRANT}-${made}`);
  const second = await consume();
  expect(second).toEqual({ exit: 0, out: '', err: '0 records\n' });
  expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
});

test('a credential in a file of the user’s own that was ended is named, and left', async () => {
  const ended = await newCredential();
  write(cwd, 'credentials.json', ended);
  await client('DELETE', ended.clientId);
  const { exit, err } = await consume();
  expect(err).toContain(`${ended.clientId} of ${join(cwd, 'credentials.json')} is known no more`);
  expect(err).toContain('mesh grant credentials <grant>');
  expect(err).toContain('[MESH-6507]');
  expect([exit, existsSync(join(cwd, 'credentials.json')), asked]).toEqual([3, true, []]);
});

test('a credential with a key signs for each token, and says so where the key is not named', async () => {
  const credential = await newKey();
  write(cwd, 'credentials.json', credential);
  expect(await consume('--key', 'private.jwk')).toEqual({ exit: 0, out: '', err: '0 records\n' });
  const unnamed = await consume();
  expect(unnamed.err).toContain('name the file of the private key with --key');
  expect(unnamed.exit).toBe(2);
  expect(asked).toEqual([]);
});

test('a key signs for the client that is named, whose settings governance says', async () => {
  const { clientId } = await newKey();
  const { exit, err } = await consume('--key', 'private.jwk', '--client', clientId);
  expect([exit, err]).toEqual([0, '0 records\n']);
  const path = `/v1/grants/${GRANT}/credentials/${clientId}/settings?format=json`;
  expect(asked).toEqual([`GET ${path}`]);
  expect((await consume('--key', 'private.jwk')).err).toContain('name it with --client');
  expect((await consume('--client', clientId)).exit).toBe(2);
});

test('a key signs for the services of the mesh too, from which files are fetched, RSA as well', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  for (const [keys, alg] of [
    [pair, 'ES256'],
    [rsa, 'RS256'],
  ] as const) {
    const credential = { ...(await newKey(keys, alg)), key: keys.privateKey };
    const [, claims = ''] = (await tokenOf(credential, 'mesh-api')).split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      ...{ aud: 'mesh-api', sub: `grant-${GRANT}` },
    });
  }
});

test('a file without a key says nothing of what is in it', async () => {
  writeFileSync(join(cwd, 'private.jwk'), '{"kty":"EC","d":"hush');
  const { exit, err } = await consume('--key', 'private.jwk', '--client', 'x', '--debug');
  expect([exit, err.includes('MESH-6510'), err.includes('hush')]).toEqual([2, true, false]);
});
