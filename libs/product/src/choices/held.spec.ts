import { describe, expect, test } from 'vitest';

import { heard, heardOfBoth, leftOut, PRODUCT, SECONDARY } from './held.js';
import type { HeldChoices, Said } from './held.js';

const said = (objects: boolean, at: number, id = '1'): Said => ({ objects, at, id });

/** What counts after entries about one choice, in this order. */
const after = (...entries: Said[]): HeldChoices | null =>
  entries.reduce<HeldChoices | null>((held, one) => heard(held, 'type-1', one), null);

describe('what a person chose', () => {
  test('the latest entry counts, in whatever order they come', () => {
    const [dissent, withdrawn, again] = [said(true, 1), said(false, 2), said(true, 3)];
    for (const order of [
      [dissent, withdrawn, again],
      [again, withdrawn, dissent],
      [withdrawn, again, dissent],
    ]) {
      expect(after(...order)).toEqual({ 'type-1': again });
    }
    expect(leftOut(after(withdrawn, dissent))).toBe(0);
  });

  test('of two on one day the one with the highest id counts: 10 is above 9', () => {
    expect(after(said(true, 1, '9'), said(false, 1, '10'))).toEqual({
      'type-1': said(false, 1, '10'),
    });
    expect(after(said(false, 1, '10'), said(true, 1, '9'))).toEqual({
      'type-1': said(false, 1, '10'),
    });
  });

  test('an entry that counts no more than what is held changes nothing', () => {
    const held = after(said(true, 5));
    expect(heard(held, 'type-1', said(false, 4))).toBe(held);
    expect(heard(held, 'type-1', said(true, 5))).toBe(held);
  });

  test('each choice is about one edition', () => {
    expect(leftOut(null)).toBe(0);
    expect(leftOut({ dissent: said(true, 1) })).toBe(PRODUCT);
    expect(leftOut({ 'type-1': said(true, 1) })).toBe(SECONDARY);
    expect(leftOut({ 'type-1': said(true, 1), dissent: said(true, 1) })).toBe(PRODUCT | SECONDARY);
  });

  test('two people who are one hold, of each choice, what either said last', () => {
    const one = { 'type-1': said(true, 1), dissent: said(false, 9) };
    const other = { 'type-1': said(false, 2), dissent: said(true, 8) };
    expect(heardOfBoth(one, other)).toEqual({
      'type-1': said(false, 2),
      dissent: said(false, 9),
    });
    expect(heardOfBoth(one, null)).toBe(one);
    expect(heardOfBoth(null, other)).toEqual(other);
  });
});
