import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { UNKNOWN_REVISION } from './received.js';
import { LastWords } from './topic-look.js';

const told = (revision: number, text = 'a') => ({ key: { text }, envelope: { revision } });
const words = (...all: [revision: number, ends?: boolean][]) => {
  const made = new LastWords();
  for (const [revision, ends = false] of all) made.add('a', revision, ends);
  return made;
};

describe('the last word on a record', () => {
  it('takes the place of those before it, whatever order they come in', () => {
    const found = words([3], [1], [2]);
    expect([1, 2, 3, 4].map((one) => found.isSuperseded(told(one)))).toEqual([
      ...[true, true, false, false],
    ]);
    expect(found.isSuperseded(told(1, 'b'))).toBe(false);
  });

  it('ends it if that says there is none any more, until there is one again', () => {
    expect(words([1], [2, true]).isEnded(told(1))).toBe(true);
    expect(words([1], [2, true]).isEnded(told(2))).toBe(false);
    expect(words([1], [2, true], [3]).isEnded(told(1))).toBe(false);
    expect(words([1], [2]).isEnded(told(1))).toBe(false);
  });

  it('ends with a tombstone that says no revision what came before, and nothing that comes after', () => {
    const found = words([1], [UNKNOWN_REVISION, true]);
    expect([found.isEnded(told(1)), found.isSuperseded(told(2))]).toEqual([true, false]);
    const again = words([4], [UNKNOWN_REVISION, true], [5]);
    expect([4, 5].map((one) => again.isSuperseded(told(one)))).toEqual([true, false]);
  });

  it('that says no revision is told if nothing came after it, and not if there is one again', () => {
    const bare = told(UNKNOWN_REVISION);
    expect(words([1], [UNKNOWN_REVISION, true]).isSuperseded(bare)).toBe(false);
    expect(words([UNKNOWN_REVISION, true]).isSuperseded(bare)).toBe(false);
    expect(words([1], [UNKNOWN_REVISION, true], [2, true]).isSuperseded(bare)).toBe(false);
    expect(words([1], [UNKNOWN_REVISION, true], [2]).isSuperseded(bare)).toBe(true);
    const twice = words([1], [UNKNOWN_REVISION, true], [UNKNOWN_REVISION, true], [2]);
    expect([twice.isSuperseded(bare), twice.isEnded(told(1))]).toEqual([true, false]);
  });

  it('is that of the highest revision for any order of any words', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), {
          selector: ([revision]) => revision,
          minLength: 1,
        }),
        (all) => {
          const last = all.reduce((best, one) => (one[0] > best[0] ? one : best));
          const found = words(...all);
          for (const [revision] of all) {
            expect(found.isSuperseded(told(revision))).toBe(revision < last[0]);
            expect(found.isEnded(told(revision))).toBe(revision < last[0] && last[1]);
          }
        },
      ),
    );
  });
});
