import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { CryptoKey, JWTPayload } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { TokenSource } from './token-source.js';
import { TokenVerifier } from './verify.js';

type Answer = { status: number; body: unknown };
type Asked = { authorization: string | undefined; form: URLSearchParams };

let server: Server;
let issuer: string;
let tokenAnswer: () => Answer;
let keysAnswer: () => Answer;
const asked: Asked[] = [];
const ours = await generateKeyPair('RS256', { extractable: true });
const theirs = await generateKeyPair('RS256');
const keys = { keys: [{ ...(await exportJWK(ours.publicKey)), kid: 'one', alg: 'RS256' }] };

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { status, body } = answerTo(request.url ?? '', Buffer.concat(chunks).toString());
      if (request.url === '/token') {
        const last = asked.at(-1);
        if (last) last.authorization = request.headers.authorization;
      }
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((done) => server.close(done)));
afterEach(() => {
  vi.useRealTimers();
  asked.length = 0;
});

function answerTo(url: string, form: string): Answer {
  if (url === '/jwks') return keysAnswer();
  if (url === '/token') {
    asked.push({ authorization: undefined, form: new URLSearchParams(form) });
    return tokenAnswer();
  }
  const body = { issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` };
  return { status: 200, body };
}

describe('checking a token', () => {
  const now = Math.floor(Date.now() / 1_000);
  const claims = (over: JWTPayload = {}): JWTPayload => ({
    iss: issuer,
    aud: 'mesh-api',
    sub: 'user-ann',
    iat: now,
    exp: now + 300,
    ...over,
  });
  const signed = (payload: JWTPayload, key = ours.privateKey, alg = 'RS256') =>
    new SignJWT(payload).setProtectedHeader({ alg, kid: 'one' }).sign(key);
  const verify = (token: string) =>
    new TokenVerifier({ issuer, audience: 'mesh-api' }).verify(token);

  beforeAll(() => {
    keysAnswer = () => ({ status: 200, body: keys });
  });

  it('gives the caller of a good one', async () => {
    expect(await verify(await signed(claims({ roles: ['lead'], org: 'QUY' })))).toEqual({
      sub: 'user-ann',
      kind: 'user',
      name: 'ann',
      roles: ['lead'],
      organisation: 'QUY',
      team: null,
    });
  });

  it.each<[string, JWTPayload, string]>([
    ['another audience', { aud: 'mesh-kafka' }, 'MESH-5202'],
    ['several audiences', { aud: ['mesh-api', 'mesh-kafka'] }, 'MESH-5202'],
    ['no audience', { aud: undefined }, 'MESH-5202'],
    ['another issuer', { iss: 'http://127.0.0.1:1' }, 'MESH-5202'],
    ['an expiry that is past', { exp: now - 10 }, 'MESH-5203'],
    ['no expiry', { exp: undefined }, 'MESH-5202'],
    ['no subject', { sub: undefined }, 'MESH-5202'],
    ['a subject of no known kind', { sub: 'root' }, 'MESH-5202'],
    ['a start that is to come', { nbf: now + 600 }, 'MESH-5202'],
  ])('refuses one with %s', async (_, over, code) => {
    await expect(verify(await signed(claims(over)))).rejects.toMatchObject({ code, status: 401 });
  });

  it('refuses one signed with another key', async () => {
    const token = await signed(claims(), theirs.privateKey);
    await expect(verify(token)).rejects.toMatchObject({ code: 'MESH-5202' });
  });

  it('refuses an unsigned one', async () => {
    const token = new UnsecuredJWT(claims()).encode();
    await expect(verify(token)).rejects.toMatchObject({ code: 'MESH-5202' });
  });

  it('refuses one signed with a public key as if it were a shared secret', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(keys.keys[0]));
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(secret);
    await expect(verify(token)).rejects.toMatchObject({ code: 'MESH-5202' });
  });

  it('refuses the right key under another algorithm, whatever the key set says of it', async () => {
    const { alg: _, ...anyAlgorithm } = keys.keys[0] ?? {};
    keysAnswer = () => ({ status: 200, body: { keys: [anyAlgorithm] } });
    expect((await verify(await signed(claims()))).sub).toBe('user-ann');
    const sameKey = await importJWK(await exportJWK(ours.privateKey), 'PS256');
    const token = await signed(claims(), sameKey as CryptoKey, 'PS256');
    await expect(verify(token)).rejects.toMatchObject({ code: 'MESH-5202' });
    keysAnswer = () => ({ status: 200, body: keys });
  });

  it('remembers a good one, but neither beyond its life nor for another that begins like it', async () => {
    const verifier = new TokenVerifier({ issuer, audience: 'mesh-api' });
    const check = vi.spyOn(crypto.subtle, 'verify');
    const token = await signed(claims());
    for (let n = 0; n < 3; n++) expect((await verifier.verify(token)).sub).toBe('user-ann');
    expect(check).toHaveBeenCalledTimes(1);
    await expect(verifier.verify(`${token.slice(0, -8)}AAAAAAAA`)).rejects.toMatchObject({
      code: 'MESH-5202',
    });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    expect((await verifier.verify(token)).sub).toBe('user-ann');
    expect(check).toHaveBeenCalledTimes(3);
    vi.setSystemTime((now + 310) * 1_000);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'MESH-5203' });
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('does not blame the caller when the keys cannot be had', async () => {
    const token = await signed(claims());
    keysAnswer = () => ({ status: 500, body: {} });
    await expect(verify(token)).rejects.toMatchObject({ code: 'MESH-5205', status: 503 });
    const nowhere = new TokenVerifier({ issuer: 'http://127.0.0.1:1', audience: 'mesh-api' });
    await expect(nowhere.verify(token)).rejects.toMatchObject({ code: 'MESH-5205' });
    keysAnswer = () => ({ status: 200, body: keys });
  });

  it('asks again after the provider could not be reached', async () => {
    const token = await signed(claims());
    const verifier = new TokenVerifier({ issuer, audience: 'mesh-api' });
    vi.spyOn(globalThis, 'fetch').mockRejectedValueOnce(new TypeError('fetch failed'));
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'MESH-5205' });
    vi.restoreAllMocks();
    expect((await verifier.verify(token)).sub).toBe('user-ann');
  });
});

describe('getting tokens', () => {
  const given = (token: string, life = 300) => ({
    status: 200,
    body: { access_token: token, expires_in: life },
  });
  const source = () =>
    new TokenSource({
      issuer,
      clientId: 'svc-a b',
      clientSecret: 'p:w%',
      audience: 'mesh-kafka',
    });

  it('asks with the credential in the header and the audience as a resource', async () => {
    tokenAnswer = () => given('one');
    expect(await source().token()).toBe('one');
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      grant_type: 'client_credentials',
      resource: 'urn:caremesh:mesh-kafka',
    });
    const pair = asked[0]?.authorization?.replace('Basic ', '') ?? '';
    expect(Buffer.from(pair, 'base64').toString()).toBe('svc-a%20b:p%3Aw%25');
  });

  it('keeps a token until three quarters of its life are over', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const tokens = source();
    tokenAnswer = () => given('one');
    await tokens.token();
    tokenAnswer = () => given('two');
    vi.setSystemTime(Date.now() + 224_000);
    expect(await tokens.token()).toBe('one');
    vi.setSystemTime(Date.now() + 2_000);
    expect(await tokens.token()).toBe('two');
    expect(asked).toHaveLength(2);
  });

  it('asks once for callers at the same moment', async () => {
    tokenAnswer = () => given('one');
    const tokens = source();
    expect(await Promise.all([tokens.token(), tokens.token(), tokens.token()])).toEqual([
      'one',
      'one',
      'one',
    ]);
    expect(asked).toHaveLength(1);
  });

  it('lives on with the old token while identity is away, as long as it is good', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const tokens = source();
    tokenAnswer = () => given('one');
    await tokens.token();
    tokenAnswer = () => ({ status: 503, body: {} });
    vi.setSystemTime(Date.now() + 250_000);
    expect(await tokens.token()).toBe('one');
    vi.setSystemTime(Date.now() + 60_000);
    await expect(tokens.token()).rejects.toMatchObject({ code: 'MESH-5205', retriable: true });
  });

  it('forgets a token when told to', async () => {
    const tokens = source();
    tokenAnswer = () => given('one');
    await tokens.token();
    tokens.forget();
    tokenAnswer = () => given('two');
    expect(await tokens.token()).toBe('two');
  });

  it.each([
    [401, 'invalid_client', 'MESH-5210', false],
    [400, 'unauthorized_client', 'MESH-5211', true],
    [400, 'invalid_target', 'MESH-5210', false],
  ])('tells a refusal %s %s apart', async (status, error, code, retriable) => {
    tokenAnswer = () => ({ status, body: { error } });
    await expect(source().token()).rejects.toMatchObject({ code, retriable, detail: error });
  });
});
