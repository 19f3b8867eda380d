import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { problem } from '@caremesh/platform';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';

import { identityErrors } from '../errors.js';

const ALGORITHM = 'RS256';

/**
 * The private key that tokens are signed with, from `file`, where it is made at first start readable
 * by this user alone. Throws MESH-5302 if the file holds something else.
 */
export async function signingKey(file: string): Promise<JWK> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return makeKey(file);
  const key = parse(text);
  if (!key?.d || !key.kid) throw problem(identityErrors.keyUnreadable, file);
  return key;
}

async function makeKey(file: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, {
    modulusLength: 2048,
    extractable: true,
  });
  const jwk = await exportJWK(privateKey);
  const key = { ...jwk, alg: ALGORITHM, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(key), { mode: 0o600, flag: 'wx' });
  return key;
}

function parse(text: string): JWK | null {
  try {
    return JSON.parse(text) as JWK;
  } catch {
    return null;
  }
}
