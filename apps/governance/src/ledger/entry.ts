import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** What is written down: who did what to which object, in which role, with the particulars. */
export type LedgerRecord = {
  /** Subject of the token, or `svc-governance` for what the service does by itself. */
  actor: string;
  /** The role in which it was done. */
  role: string;
  /** `<noun>.<verb in the past>`, such as `proposal.approved`. */
  action: string;
  /** `<kind>:<id>`, such as `grant:k3v9x2`. */
  object: string;
  /** Never holds a secret, an identifier or a payload. */
  detail: Record<string, unknown>;
};

/** An entry with its place in the chain: exactly the keys of an exported line. */
export type LedgerEntry = { seq: number; at: string } & LedgerRecord & {
    prev: string;
    hash: string;
  };

/** What the first entry names as its predecessor. */
export const GENESIS = '0'.repeat(64);

/** SHA-256 (hex) of the entry's RFC 8785 JSON without `hash`; `prev` in it makes the chain. */
export function hashOf(entry: Omit<LedgerEntry, 'hash'>): string {
  const { seq, at, actor, role, action, object, detail, prev } = entry;
  const text = canonicalize({ seq, at, actor, role, action, object, detail, prev }) ?? '';
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Chains records, in the order given, after the entry `last`. */
export function chain(
  last: { seq: number; hash: string },
  records: readonly ({ at: string } & LedgerRecord)[],
): LedgerEntry[] {
  let { seq, hash: prev } = last;
  return records.map(({ at, actor, role, action, object, detail }) => {
    seq += 1;
    const unhashed = { seq, at, actor, role, action, object, detail, prev };
    const entry = { ...unhashed, hash: hashOf(unhashed) };
    prev = entry.hash;
    return entry;
  });
}
