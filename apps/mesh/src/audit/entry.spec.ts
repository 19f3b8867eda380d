import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText, hasOwnHash } from './entry.js';
import type { Entry } from './entry.js';

const entry: Entry = {
  seq: 1,
  at: '2026-01-05T09:00:00.000Z',
  actor: 'user-governance-lead',
  role: 'governance-lead',
  action: 'proposal.approved',
  object: 'proposal:abcdefgh',
  detail: { b: 1, a: 'é\u2028"' },
  prev: '0'.repeat(64),
  hash: '0'.repeat(64),
};

describe('an entry’s canonical text', () => {
  it('is RFC 8785 JSON without the hash, whatever a line holds in place of an entry', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    const any = fc.record({
      ...{ seq: fc.maxSafeInteger(), at: value, actor: value, role: value, action: value },
      ...{ object: value, detail: value, prev: fc.string({ unit: 'binary' }) },
    });
    fc.assert(
      fc.property(any, (content) => {
        const text = canonicalText({ ...content, hash: entry.hash } as Entry);
        expect(text).toBe(canonicalize(content));
      }),
      { numRuns: 50 },
    );
  });

  it('does not exist where a string is no Unicode', () => {
    const broken = { ...entry, actor: 'user-\ud800' };
    expect(() => canonicalText(broken)).toThrow('surrogate');
    expect(hasOwnHash(broken)).toBe(false);
  });
});
