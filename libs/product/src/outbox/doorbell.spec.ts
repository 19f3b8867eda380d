import { describe, expect, it } from 'vitest';

import { ringFor, rungShards, SHARDS } from './doorbell.js';

describe('the doorbell of the outbox', () => {
  it('is heard by the shards that have rows, and by no others', () => {
    // Partitions 0, 1 and 4 of six; the shards are those modulo four.
    const rows = [{ hash: 6 }, { hash: 1 }, { hash: 12 }, { hash: 10 }];
    const { values } = ringFor(rows);
    expect(new Set(rungShards(values[0]))).toEqual(new Set([0, 1]));
  });

  it('is heard by all when it names none', () => {
    const all = Array.from({ length: SHARDS }, (_, shard) => shard);
    expect([rungShards(''), rungShards(undefined)]).toEqual([all, all]);
  });
});
