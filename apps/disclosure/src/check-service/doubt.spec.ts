import { describe, expect, test } from 'vitest';

import type { CleanedList } from '../choices/lists.js';
import { People } from '../choices/people.js';
import { doubtOf, saysTheSame } from './doubt.js';
import { shuffled } from './request-file.js';

const people = (count: number) => Uint32Array.from({ length: count }, (_, n) => 910_000_000 + n);
const without = (asked: Uint32Array, ...out: number[]): CleanedList => ({
  asked,
  listed: asked.filter((_, at) => !out.includes(at)),
});
const before = (numbers: Uint32Array) => ({ listed: new People(numbers) });
const asked = people(200);
const everyNth = (n: number) => [...asked.keys()].filter((at) => at % n === 0);

describe('a list is doubted', () => {
  test.each<[string, CleanedList, Uint32Array | null]>([
    ['with nobody on it, however few were asked about', without(people(1), 0), null],
    ['whose end is missing', without(people(12), 7, 8, 9, 10, 11), null],
    ['that knows far fewer than the last', without(asked, ...everyNth(4)), asked],
  ])('%s', (_, list, last) => {
    expect(doubtOf(list, last && before(last))).toEqual(expect.any(String));
  });

  test.each<[string, CleanedList, Uint32Array | null]>([
    ['with everybody on it', without(people(1)), null],
    ['that leaves out some of a few', without(people(12), 3, 4, 5, 6, 11), people(12)],
    [
      'that leaves out those whom the last left out',
      without(asked, ...everyNth(4)),
      asked.filter((_, at) => at % 4 > 0),
    ],
    ['that leaves out one in twenty', without(asked, ...everyNth(20)), asked],
    ['that is the first', without(asked, ...everyNth(4)), null],
  ])('not one %s', (_, list, last) => {
    expect(doubtOf(list, last && before(last))).toBeNull();
  });
});

describe('what an answer says', () => {
  test('is said twice, if the next leaves out the same people, in whatever order they were asked about', () => {
    const again = shuffled(asked);
    const [first, second] = [
      without(asked, 3, 4),
      { asked: again, listed: without(asked, 3, 4).listed },
    ];
    expect(saysTheSame(first, second)).toBe(true);
    expect(saysTheSame(first, without(asked, 3))).toBe(false);
    expect(saysTheSame(first, without(asked, 3, 4, 5))).toBe(false);
  });

  test('is not said twice of who was not asked about before, unless they may be disclosed', () => {
    const first = without(people(3), 0, 1, 2);
    expect(saysTheSame(first, without(people(4), 0, 1, 2))).toBe(true);
    expect(saysTheSame(first, without(people(4), 0, 1, 2, 3))).toBe(false);
  });
});
