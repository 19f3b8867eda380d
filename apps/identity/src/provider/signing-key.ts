import { randomUUID } from 'node:crypto';
import { access, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (!there) await makeKey(file);
  const key = parse(await readFile(file, 'utf8').catch(() => ''));
  if (!key?.d || !key.kid) throw problem(identityErrors.keyUnreadable, file);
  return key;
}

/**
 * A link is made whole or not at all: half a key, from a start that was cut short or found the disk full, would keep every later
 * one from starting. Of two that make one at once, both read the first one's.
 */
async function makeKey(file: string): Promise<void> {
  const { privateKey } = await generateKeyPair(ALGORITHM, {
    modulusLength: 2048,
    extractable: true,
  });
  const jwk = await exportJWK(privateKey);
  const key = { ...jwk, alg: ALGORITHM, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, JSON.stringify(key), { mode: 0o600, flag: 'wx' });
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function parse(text: string): JWK | null {
  try {
    return JSON.parse(text) as JWK;
  } catch {
    return null;
  }
}
