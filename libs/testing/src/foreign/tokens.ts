import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT, UnsecuredJWT, exportJWK, exportSPKI, generateKeyPair, importJWK } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';

export type ForgedToken = { fault: string; token: string };
type Where = { home: string; issuer: string };

/**
 * Tokens for `sub` at `audience`, each wrong in one way. Some are signed with the mesh's own key, which
 * no stranger has: then only the claim that is wrong can be what gets them refused.
 */
export async function forgedTokens(
  where: Where,
  sub: string,
  audience: string,
): Promise<ForgedToken[]> {
  const { key, kid, jwk } = await signingKeyOf(where.home);
  const stranger = await generateKeyPair('RS256', { extractable: true });
  const good = claims(where.issuer, sub, audience);
  const sign = (payload: JWTPayload, header = {}, signer: CryptoKey | Uint8Array = key) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid, ...header }).sign(signer);
  const other = audience === 'mesh-api' ? 'mesh-kafka' : 'mesh-api';
  const publicText = new TextEncoder().encode(await publicPem(jwk));
  const ownKey = { jwk: await exportJWK(stranger.publicKey) };
  const past = { iat: now() - 900, exp: now() - 600 };
  return [
    { fault: 'signed with another key', token: await sign(good, {}, stranger.privateKey) },
    { fault: 'bringing its own key', token: await sign(good, ownKey, stranger.privateKey) },
    { fault: 'of another issuer', token: await sign({ ...good, iss: 'http://127.0.0.1:9' }) },
    { fault: 'for another audience', token: await sign({ ...good, aud: other }) },
    { fault: 'for no audience', token: await sign({ ...good, aud: undefined }) },
    { fault: 'expired', token: await sign({ ...good, ...past }) },
    { fault: 'not signed', token: new UnsecuredJWT(good).encode() },
    { fault: 'signed with a public key', token: await sign(good, { alg: 'HS256' }, publicText) },
  ];
}

/** The same token without any fault: it must work, or the others prove nothing. */
export async function goodToken(where: Where, sub: string, audience: string): Promise<string> {
  const { key, kid } = await signingKeyOf(where.home);
  return new SignJWT(claims(where.issuer, sub, audience))
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(key);
}

function claims(iss: string, sub: string, aud: string): JWTPayload {
  const everything = { roles: ['governance-lead', 'administrator'], groups: ['sr-admin'] };
  const principal = sub.startsWith('user-') ? {} : { principal: sub };
  return {
    iss,
    sub,
    aud,
    client_id: sub,
    iat: now(),
    exp: now() + 300,
    ...principal,
    ...everything,
  };
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}

async function signingKeyOf(home: string) {
  const jwk = JSON.parse(readFileSync(join(home, 'keys', 'identity-signing.jwk'), 'utf8')) as JWK;
  return { jwk, kid: jwk.kid, key: (await importJWK(jwk, 'RS256')) as CryptoKey };
}

async function publicPem({ kty, n, e }: JWK): Promise<string> {
  const key = await importJWK({ kty, n, e } as JWK, 'RS256', { extractable: true });
  return exportSPKI(key as CryptoKey);
}
