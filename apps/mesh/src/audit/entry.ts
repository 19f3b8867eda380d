import { hash as digest } from 'node:crypto';
import canonicalize from 'canonicalize';

/** An entry as far as the chain is concerned. */
export type Entry = { seq: number; prev: string; hash: string } & Record<string, unknown>;

/** What the first entry of a ledger names as its predecessor. */
export const GENESIS = '0'.repeat(64);

const KEYS = new Set(['action', 'actor', 'at', 'detail', 'hash', 'object', 'prev', 'role', 'seq']);

/** The entry on a line, or null if it is none: not JSON, other members than an entry's, no number. */
export function readEntry(line: string): Entry | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  return isEntry(value) ? value : null;
}

/** Whether the entry's hash is that of its own content: SHA-256 of RFC 8785 JSON without `hash`. */
export function hasOwnHash(entry: Entry): boolean {
  try {
    return digest('sha256', canonicalText(entry), 'hex') === entry.hash;
  } catch {
    // A string that is no Unicode, or nothing that canonical JSON has a form for.
    return false;
  }
}

/**
 * RFC 8785 JSON of an entry without its hash. Its members are known, so nothing is sorted but what `detail` holds: half
 * the time of giving the whole to the library, and the whole is most of what verifying takes.
 */
export function canonicalText(entry: Entry): string {
  const { action, actor, at, detail, object, prev, role, seq } = entry;
  return (
    `{"action":${canonical(action)},"actor":${canonical(actor)},"at":${canonical(at)},` +
    `"detail":${canonical(detail)},"object":${canonical(object)},"prev":${canonical(prev)},` +
    `"role":${canonical(role)},"seq":${canonical(seq)}}`
  );
}

function canonical(value: unknown): string | undefined {
  return typeof value === 'string' && value.isWellFormed()
    ? JSON.stringify(value)
    : canonicalize(value);
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const keys = Object.keys(value);
  if (keys.length !== KEYS.size || !keys.every((key) => KEYS.has(key))) return false;
  const { seq, prev, hash } = value as Record<string, unknown>;
  return Number.isSafeInteger(seq) && isHash(prev) && isHash(hash);
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && value.length === 64;
}
