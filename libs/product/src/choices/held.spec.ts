import { describe, expect, test } from 'vitest';

import { heard, heardOfBoth, isHeld, leftOut, PRODUCT, SECONDARY } from './held.js';
import type { Entry, HeldChoices, OwnChoice, Said } from './held.js';

const said = (objects: boolean, at: number, id = '1'): Said => ({ objects, at, id });

/** What is held after entries about one choice, in this order. */
const after = (...entries: Entry[]): HeldChoices | null =>
  entries.reduce<HeldChoices | null>((held, one) => heard(held, 'type-1', one), null);

/** What counts, by choice. */
const counts = (held: HeldChoices | null) =>
  Object.fromEntries(
    Object.entries(held ?? {}).map(([choice, { objects, at, id }]) => [
      choice,
      { objects, at, id },
    ]),
  ) as Partial<Record<OwnChoice, Said>>;

describe('what a person chose', () => {
  test('the latest entry counts, in whatever order they come', () => {
    const [dissent, withdrawn, again] = [
      ...[said(true, 1, 'a'), said(false, 2, 'b'), said(true, 3, 'c')],
    ] as [Said, Said, Said];
    for (const order of [
      [dissent, withdrawn, again],
      [again, withdrawn, dissent],
      [withdrawn, again, dissent],
    ]) {
      expect(counts(after(...order))).toEqual({ 'type-1': again });
    }
    expect(leftOut(after(withdrawn, dissent))).toBe(0);
  });

  test('of two on one day the one with the highest id counts: 10 is above 9', () => {
    expect(counts(after(said(true, 1, '9'), said(false, 1, '10')))).toEqual({
      'type-1': said(false, 1, '10'),
    });
    expect(counts(after(said(false, 1, '10'), said(true, 1, '9')))).toEqual({
      'type-1': said(false, 1, '10'),
    });
  });

  test('an entry that counts no more than what is held changes nothing', () => {
    const held = after(said(true, 5));
    expect(counts(heard(held, 'type-1', said(false, 4, '0')))).toEqual(counts(held));
    expect(heard(held, 'type-1', said(true, 5))).toBe(held);
  });

  test('each choice is about one edition', () => {
    expect(leftOut(null)).toBe(0);
    expect(leftOut({ dissent: said(true, 1) })).toBe(PRODUCT);
    expect(leftOut({ 'type-1': said(true, 1) })).toBe(SECONDARY);
    expect(leftOut({ 'type-1': said(true, 1), dissent: said(true, 1) })).toBe(PRODUCT | SECONDARY);
  });

  test('two people who are one hold, of each choice, what either said last', () => {
    const one = { 'type-1': said(true, 1, 'a'), dissent: said(false, 9, 'b') };
    const other = { 'type-1': said(false, 2, 'c'), dissent: said(true, 8, 'd') };
    expect(counts(heardOfBoth(one, other))).toEqual({
      'type-1': said(false, 2, 'c'),
      dissent: said(false, 9, 'b'),
    });
    expect(heardOfBoth(one, null)).toBe(one);
    expect(heardOfBoth(null, other)).toEqual(other);
  });
});

describe('an entry under an id that is held', () => {
  const takenBack = (id: string): Entry => ({ objects: null, at: 0, id });

  test('stands in place of what it said before, be it of an earlier date', () => {
    const moved = after(said(true, 5, 'a'), said(false, 3, 'b'), said(true, 2, 'a'));
    expect(counts(moved)).toEqual({ 'type-1': said(false, 3, 'b') });
    expect(counts(after(said(true, 5, 'a'), said(false, 5, 'a')))).toEqual({
      'type-1': said(false, 5, 'a'),
    });
  });

  test('taken back, it leaves what was said before it, and nothing if nothing was', () => {
    const both = after(said(true, 1, 'a'), said(false, 2, 'b'), takenBack('b'));
    expect(counts(both)).toEqual({ 'type-1': said(true, 1, 'a') });
    expect(leftOut(both)).toBe(SECONDARY);
    const none = after(said(true, 1, 'a'), takenBack('a'));
    expect(leftOut(none)).toBe(0);
    expect(leftOut(heard(none, 'type-1', said(true, 1, 'a')))).toBe(SECONDARY);
  });

  test('taken back under an id that nobody knows, it lifts nothing', () => {
    const held = after(said(true, 1, 'a'));
    expect(isHeld(held, 'type-1', takenBack('x'))).toBe(false);
    expect(isHeld(held, 'dissent', takenBack('a'))).toBe(false);
    expect(leftOut(heard(held, 'type-1', takenBack('x')))).toBe(SECONDARY);
  });

  test('an earlier form of it, by what its source says, changes nothing', () => {
    const held = after({ ...said(true, 5, 'a'), changed: 20 });
    expect(heard(held, 'type-1', { ...said(false, 5, 'a'), changed: 10 })).toBe(held);
    const error = { ...takenBack('b'), changed: 20 };
    const known = heard(held, 'type-1', error);
    expect(heard(known, 'type-1', { ...said(false, 9, 'b'), changed: 10 })).toBe(known);
  });

  test('entries without an id are never each other: of two alike the one that objects counts', () => {
    const [yes, no] = [said(true, 1, ''), said(false, 1, '')];
    for (const order of [
      [yes, no],
      [no, yes],
    ])
      expect(leftOut(after(...order))).toBe(SECONDARY);
  });

  test('held of two people who are one: the form changed later, else the one that keeps the person out', () => {
    const [yes, no] = [after(said(true, 1, 'a')), after(said(false, 1, 'a'))];
    expect(leftOut(heardOfBoth(yes, no))).toBe(SECONDARY);
    expect(leftOut(heardOfBoth(no, yes))).toBe(SECONDARY);
    expect(leftOut(heardOfBoth(after(said(true, 1, 'a'), takenBack('a')), yes))).toBe(SECONDARY);
    const withdrawn = after(said(true, 1, 'z'), said(false, 2, 'a'));
    expect(leftOut(heardOfBoth(withdrawn, after(takenBack('a'))))).toBe(SECONDARY);
    const later = after({ ...said(false, 1, 'a'), changed: 2 });
    const earlier = after({ ...said(true, 1, 'a'), changed: 1 });
    expect(leftOut(heardOfBoth(earlier, later))).toBe(0);
    expect(leftOut(heardOfBoth(later, earlier))).toBe(0);
  });
});
