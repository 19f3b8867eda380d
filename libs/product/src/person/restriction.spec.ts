import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { restrictedAfter, restrictedOfBoth } from './restriction.js';
import type { HeldRestriction, SaidRestriction } from './restriction.js';

const R = (at: number | null = null): SaidRestriction => ({ restricted: true, at });
const U = (at: number | null = null): SaidRestriction => ({ restricted: false, at });
const FIRST = 1_000;

/** What is held after statements that came one after the other, a millisecond apart. */
const after = (...said: SaidRestriction[]): HeldRestriction | null =>
  said.reduce<HeldRestriction | null>(
    (held, one, n) => restrictedAfter(held, { said: one, isLocal: false }, FIRST + n),
    null,
  );
const isRestricted = (...said: SaidRestriction[]) => after(...said)?.restricted ?? false;

describe('whether somebody is restricted', () => {
  test('nothing is kept of somebody who never was', () => {
    expect(after(U(), U(5))).toBe(null);
  });

  test('by arrival, where nobody says when', () => {
    expect(isRestricted(R())).toBe(true);
    expect(isRestricted(R(), U())).toBe(false);
    expect(isRestricted(R(), U(), R())).toBe(true);
  });

  test('by when the source changed it, in whatever order they come', () => {
    expect(isRestricted(R(10), U(20))).toBe(false);
    expect(isRestricted(R(10), U(20), R(15))).toBe(false);
    expect(isRestricted(R(10), R(30), U(20))).toBe(true);
    expect(isRestricted(R(10), U(9))).toBe(true);
  });

  test('of two that cannot be told apart the one that restricts', () => {
    expect(isRestricted(R(10), U(10))).toBe(true);
    expect(isRestricted(R(10), U(20), R(20))).toBe(true);
    // It was changed before the other came, perhaps not before that was changed.
    expect(isRestricted(R(), U(FIRST - 1))).toBe(true);
    expect(isRestricted(R(1), U(), R(2))).toBe(true);
  });

  test('a clock that is ahead does not outdo what is said until then', () => {
    expect(isRestricted(R(9_000), U())).toBe(false);
    expect(isRestricted(R(1), U(9_000), R())).toBe(true);
  });

  test('what says nothing new leaves the very same', () => {
    const held = after(R(10));
    expect(restrictedAfter(held, { said: R(10), isLocal: false }, 2_000)).toBe(held);
    expect(restrictedAfter(held, { said: U(9), isLocal: false }, 2_000)).toBe(held);
  });
});

describe('two people who are one', () => {
  test('are restricted if either is, until something newer than both', () => {
    const both = restrictedOfBoth(after(R(10)), after(R(1), U(20)), false)!;
    expect(both.restricted).toBe(true);
    expect(restrictedOfBoth(after(R(1), U(20)), after(R(10)), false)).toEqual(both);
    const later = (said: SaidRestriction) =>
      restrictedAfter(both, { said, isLocal: false }, 2_000)!.restricted;
    expect([later(U(20)), later(U(21))]).toEqual([true, false]);
  });

  test('of whom one is not held are as the other is', () => {
    const one = after(R(10));
    expect(restrictedOfBoth(one, null, false)).toBe(one);
    expect(restrictedOfBoth(null, one, false)).toBe(one);
    expect(restrictedOfBoth(null, null, false)).toBe(null);
    expect(restrictedOfBoth(null, one, true)).toEqual({ ...one, isLocal: true });
  });
});

test('where every statement says when it was changed, the newest from the first restriction on counts, whatever the order', () => {
  const said = fc.record({ restricted: fc.boolean(), at: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 8 }), (all) => {
      const newestOf = (some: typeof all) => Math.max(...some.map(({ at }) => at));
      // Of somebody who was never restricted nothing is kept: what was said before counts no more.
      const first = all.findIndex(({ restricted }) => restricted);
      const counting = first < 0 ? [] : all.slice(first);
      const at = newestOf(counting);
      const restricted = counting.some((one) => one.restricted && one.at === at);
      const held = after(...all);
      if (first < 0) expect(held).toBe(null);
      else expect(held).toMatchObject({ restricted, at });
      expect(isRestricted(...all, U(newestOf(all) + 1))).toBe(false);
    }),
  );
});
