import { hash, randomBytes } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 20;

// Asking the system for a few bytes at a time took a twentieth of the time of a message. Each draws some 49, for its receipt and its
// traceparent: 4 KiB serve some 83 of them.
const POOL_BYTES = 4_096;
let pool = randomBytes(POOL_BYTES);
let taken = 0;

/** Random bytes, each given out once; few at a time. */
function random(count: number): Buffer {
  if (taken + count > POOL_BYTES) {
    pool = randomBytes(POOL_BYTES);
    taken = 0;
  }
  return pool.subarray(taken, (taken += count));
}

/** A random id of 20 characters a to z and 0 to 9, for receipts and quarantined items. */
export function newId(): string {
  let id = '';
  while (id.length < LENGTH) {
    for (const byte of random(LENGTH)) {
      // 252 is the largest multiple of 36 below 256: every character is equally likely.
      if (byte < 252 && id.length < LENGTH) id += ALPHABET[byte % 36];
    }
  }
  return id;
}

/** A W3C traceparent of its own, sampled. */
export const newTraceparent = (): string =>
  `00-${random(16).toString('hex')}-${random(8).toString('hex')}-01`;

/** The first 16 bytes of SHA-256: enough that no two messages meet. */
export const digest16 = (...parts: (string | Uint8Array)[]): Buffer =>
  // The digest as text of one byte a character: a buffer of its own for each costs more than the hashing.
  Buffer.from(hash('sha256', joined(parts), 'binary').slice(0, 16), 'latin1');

function joined(parts: readonly (string | Uint8Array)[]): string | Uint8Array {
  if (parts.length === 1) return parts[0]!;
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}
