import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { GENESIS, chain, hashOf } from './entry.js';

const first = {
  at: '2026-01-05T09:00:00.000Z',
  actor: 'user-governance-lead',
  role: 'governance-lead',
  action: 'proposal.approved',
  object: 'proposal:abcdefgh',
  detail: { b: 1, a: 'x' },
};

describe('the ledger chain', () => {
  it('hashes the canonical JSON of everything but the hash', () => {
    const canonical =
      '{"action":"proposal.approved","actor":"user-governance-lead","at":"2026-01-05T09:00:00.000Z",' +
      `"detail":{"a":"x","b":1},"object":"proposal:abcdefgh","prev":"${GENESIS}","role":"governance-lead","seq":1}`;
    const expected = createHash('sha256').update(canonical).digest('hex');
    expect(hashOf({ ...first, seq: 1, prev: GENESIS })).toBe(expected);
  });

  it('numbers entries from one and names the predecessor in each', () => {
    const [one, two] = chain({ seq: 0, hash: GENESIS }, [first, first]);
    expect([one?.seq, two?.seq]).toEqual([1, 2]);
    expect(one?.prev).toBe(GENESIS);
    expect(two?.prev).toBe(one?.hash);
    expect(two?.hash).not.toBe(one?.hash);
  });

  it('changes the hash when any part of the entry changes', () => {
    const [entry] = chain({ seq: 0, hash: GENESIS }, [first]);
    const [changed] = chain({ seq: 0, hash: GENESIS }, [{ ...first, detail: { a: 'y', b: 1 } }]);
    expect(changed?.hash).not.toBe(entry?.hash);
  });
});
