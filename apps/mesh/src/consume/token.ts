import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CliError, cliError, meshErrors } from '../errors.js';
import { request } from '../request.js';
import type { Credential } from './issued.js';

/** Whom a token of a grant's client is for: the broker (the client's own default), or the services of the mesh. */
type Audience = 'mesh-kafka' | 'mesh-api';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** RFC 7523 section 3 asks for an end; each token has an assertion of its own. */
const ASSERTION_SECONDS = 60;
const SHOWN_ERROR = /^[a-z_]{1,40}$/;

/**
 * A token for the client of a grant, by its secret or by its key (`private_key_jwt`, RFC 7523).
 * Throws MESH-6507 when the identity provider refuses the client, MESH-6504 when it cannot be reached, MESH-6508 for a
 * credential with a key whose file was not named.
 */
export async function tokenOf(credential: Credential, audience: Audience): Promise<string> {
  return asked(credential, audience).catch((error: unknown) => {
    throw refusalOf(error, credential.clientId);
  });
}

/**
 * Whether the identity provider still knows the client of a credential. One that was ended is `invalid_client` there
 * (RFC 6749 section 5.2), and no waiting brings it back. Throws what else keeps a token from being had.
 */
export async function isLive(credential: Credential): Promise<boolean> {
  return asked(credential, 'mesh-kafka').then(
    () => true,
    (error: unknown) => {
      if (error instanceof CliError && oauthErrorIn(error) === 'invalid_client') return false;
      throw refusalOf(error, credential.clientId);
    },
  );
}

async function asked(credential: Credential, audience: Audience): Promise<string> {
  const { tokenUrl, clientId, scope } = credential;
  const wanted: Record<string, string> =
    audience === 'mesh-api' ? { resource: 'urn:caremesh:mesh-api' } : { scope };
  const form = {
    ...{ grant_type: 'client_credentials', client_id: clientId },
    ...proofOf(credential),
    ...wanted,
  };
  const { body } = await request<{ access_token: string }>(tokenUrl, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return body.access_token;
}

/** The private key of a client that signs, from a file with a JWK. Throws MESH-6510 for a file without one. */
export async function privateKeyIn(path: string): Promise<KeyObject> {
  try {
    const jwk = JSON.parse(await readFile(path, 'utf8')) as JsonWebKey;
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch (cause) {
    // What a parser says of a file may have a piece of it, and this one holds a private key.
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const why = isMissing ? 'there is no such file' : 'it is no private key as a JWK';
    throw cliError(meshErrors.unreadableFile, `${path}: ${why}`);
  }
}

function refusalOf(error: unknown, clientId: string): unknown {
  const name = error instanceof CliError ? oauthErrorIn(error) : null;
  return name === null ? error : refused(`${clientId}: ${name}`, error);
}

/** What is said of a credential that gets no token. */
export function refused(detail: string, cause?: unknown): CliError {
  return new CliError({ ...meshErrors.signInRefused, detail, fix: FIX }, { cause });
}

const FIX =
  'A credential that was ended, or whose grant has ended, gets no token any more: see `mesh grant show <grant>`, and make another with `mesh grant credentials <grant>`.';

function oauthErrorIn({ body }: CliError): string | null {
  try {
    const { error } = JSON.parse(body ?? '') as { error?: unknown };
    return typeof error === 'string' && SHOWN_ERROR.test(error) ? error : null;
  } catch {
    return null;
  }
}

function proofOf(credential: Credential): Record<string, string> {
  const { clientId, clientSecret, keyId, tokenUrl, key } = credential;
  if (clientSecret !== null && clientSecret !== undefined) return { client_secret: clientSecret };
  if (key === undefined) throw cliError(meshErrors.usage, NEEDS_KEY);
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: clientId, sub: clientId, aud: tokenUrl, jti: randomUUID() };
  const signed = signedBy(
    key,
    { kid: keyId ?? clientId },
    {
      ...claims,
      ...{ iat: now, exp: now + ASSERTION_SECONDS },
    },
  );
  return { client_assertion_type: ASSERTION, client_assertion: signed };
}

const NEEDS_KEY =
  'The credential has a key and no secret: name the file of the private key with --key.';

/** RFC 7515: what may sign is what governance takes as a public key, RSA and P-256. */
function signedBy(key: KeyObject, header: object, claims: object): string {
  const alg = key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg, ...header })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
