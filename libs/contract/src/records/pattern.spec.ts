import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseVersion } from '../promise/parse-version.js';
import { publishedFolders, readFolder } from '../published.fixture.js';
import { mostSteps, patternFault } from './pattern.js';

describe('a pattern', () => {
  it.each([
    '^$',
    '^[a-z2-7]{26}$',
    '^[A-Z][0-9]{2}[0-9X]?[0-9ADX]?$',
    '^[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}$',
    '^[0-9]{1,20}-[0-9]{1,20}$',
    '^[A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]{1,255}$',
    '^\\d{1,8}\\.\\d{1,8}$',
    '^[ab]?[ab]?[ab]?aaaaa$',
    '^[\\]x]{1,9}$',
    '^[^<>]{1,900}$',
    '^[^,]{1,100}, .{1,100}$',
    '^a\\?b\\{1,2\\}\\+$',
  ])('%s is taken', (pattern) => {
    expect(patternFault(pattern)).toBeNull();
  });

  it('of every published contract is taken', () => {
    const patterns = publishedFolders().flatMap((folder) =>
      parseVersion(readFolder(folder)).contract!.fields.flatMap(({ pattern }) => pattern ?? []),
    );
    expect(patterns.length).toBeGreaterThan(20);
    expect(patterns.filter((pattern) => patternFault(pattern) !== null)).toEqual([]);
  });

  const many = 'could take more than 2,000 steps on one text';
  it.each([
    // Each of the 27 takes a letter or none: twice the time for one more.
    [`^${'[ab]?'.repeat(27)}aaaaa$`, many],
    [`^${'[ab]?'.repeat(38)}a$`, many],
    [`^${'[ab]??'.repeat(20)}aaaaa$`, many],
    [`^${'[ab]{0,1}'.repeat(18)}aaaaa$`, many],
    [`^${'[ab]{1,2}'.repeat(18)}aaaaa$`, many],
    [`^${'a{3,4}'.repeat(20)}b$`, many],
    // Few ways, each of them long.
    ['^a{0,90000}a{90000}b$', many],
    ['^a{0,1000}[ab]{1000}c$', many],
    ['^.{1,100}, .{1,100}$', many],
    ['^[^,]{1,100}, .{1,100},{1,100}$', many],
    ['^[^<>]{1,1000}$', many],
    // What looks like two classes is one letter, written in two ways.
    [`^${'\\x61{1,90}a{0,90}'.repeat(3)}b$`, many],
    [`^${'\\w{1,90}a{1,90}'.repeat(3)}b$`, many],
    [`^a{1,${'9'.repeat(150)}}$`, many],
    ['^[ab]*$', 'has a repeat without an upper bound'],
    ['^[ab]+$', 'has a repeat without an upper bound'],
    ['^[ab]{2,}$', 'has a repeat without an upper bound'],
    ['^(?:a|b)$', 'has groups or alternatives'],
    ['^a|b$', 'has groups or alternatives'],
    ['^(a)\\1$', 'has groups or alternatives'],
    ['ab$', 'is not anchored with ^ and $, or is very long'],
    ['^ab', 'is not anchored with ^ and $, or is very long'],
    ['^ab\\$', 'is not anchored with ^ and $, or is very long'],
    ['^ab[x$', 'is not a regular expression'],
    ['^a{2}{3}$', 'is not a regular expression'],
    ['^?a$', 'is not a regular expression'],
    [`^${'a'.repeat(199)}$`, 'is not anchored with ^ and $, or is very long'],
  ])('%s is refused', (pattern, why) => {
    expect(patternFault(pattern)).toBe(why);
  });
});

type Atom = { letters: string; least: number; most: number };

/** Whether the text is of the atoms' shape, tried as a regular expression is: the longest first, each way in turn. */
function tryAll(atoms: readonly Atom[], text: string): { steps: number; matched: boolean } {
  let steps = 0;
  const from = (which: number, at: number): boolean => {
    const atom = atoms[which];
    if (atom === undefined) {
      steps += 1;
      return at === text.length;
    }
    let end = at;
    while (end < at + atom.most) {
      steps += 1;
      if (end >= text.length || !atom.letters.includes(text[end]!)) break;
      end += 1;
    }
    for (; end >= at + atom.least; end -= 1) if (from(which + 1, end)) return true;
    return false;
  };
  const matched = from(0, 0);
  return { steps, matched };
}

const LETTERS: Record<string, string> = {
  a: 'a',
  '[ab]': 'ab',
  '[b-c]': 'bc',
  '[c]': 'c',
  '[^ab]': 'cd',
};
const written = fc
  .array(
    fc
      .record({
        letters: fc.constantFrom(...Object.keys(LETTERS)),
        least: fc.nat({ max: 3 }),
        more: fc.constantFrom(0, 0, 1, 2, 9, 40),
        mark: fc.boolean(),
      })
      .map(({ letters, least, more, mark }) =>
        mark
          ? { text: `${letters}?`, letters: LETTERS[letters]!, least: 0, most: 1 }
          : {
              text: `${letters}{${least},${least + more}}`,
              letters: LETTERS[letters]!,
              ...{ least, most: least + more },
            },
      ),
    { minLength: 1, maxLength: 14 },
  )
  .map((atoms) => ({ atoms, pattern: `^${atoms.map(({ text }) => text).join('')}$` }));
const text = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(1, 2, 10, 40)), { maxLength: 5 })
  .map((runs) => `${runs.map(([letter, times]) => letter.repeat(times)).join('')}`);

it('takes no more steps than are counted for it, whatever the text', () => {
  let taken = 0;
  fc.assert(
    fc.property(written, text, fc.constantFrom('', 'd'), ({ atoms, pattern }, start, end) => {
      const counted = mostSteps(pattern);
      if (counted > 100_000) return;
      taken += patternFault(pattern) === null ? 1 : 0;
      const { steps, matched } = tryAll(atoms, start + end);
      expect(steps).toBeLessThanOrEqual(counted);
      expect(matched).toBe(new RegExp(pattern).test(start + end));
    }),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(300);
});

it.each([
  // Nothing is tried twice; each number of letters is tried with all that follows it.
  ['^a{3}$', 5],
  ['^a{1,3}b$', 9],
  ['^[ab]?[ab]?a$', 12],
])('%s takes at most %i', (pattern, steps) => {
  expect(mostSteps(pattern)).toBe(steps);
});
