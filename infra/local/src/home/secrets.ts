import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeLasting, type Home } from './paths.js';

/** The secret of that name, made at first use: 256 random bits as text, in a file of mode 0600. */
export function secretOf(home: Home, name: string): string {
  const file = secretFile(home, name);
  if (!isMade(file)) writeLasting(file, randomBytes(32).toString('base64url'));
  return readFileSync(file, 'utf8').trim();
}

/** Where a secret of that name lies. */
export function secretFile(home: Home, name: string): string {
  return join(home.secrets, name);
}

/**
 * The key file of a service: 32 random bytes. A domain's record keys are made with it, so it is never
 * replaced once it exists.
 */
export function keyFile(home: Home, service: string): string {
  const file = join(home.keys, `${service}.key`);
  if (!isMade(file)) writeLasting(file, randomBytes(32));
  return file;
}

/** An empty one, as a machine that lost its power may leave it, is none: one that was used was on the disk before. */
function isMade(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
