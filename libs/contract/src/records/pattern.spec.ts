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
    // What stands between is none of what stands beside it.
    '^[^@\\s]{1,64}@[^@\\s]{1,255}$',
    '^[\\w.+-]{1,64}@[\\w.-]{1,100}$',
    '^[A-Z]{1,40}\\s[A-Z]{1,40}$',
    '^\\d{1,50}\\s\\d{1,50}$',
    '^[A-Z\\-]{1,100}\\/[^\\W_]{1,100}$',
    '^[^\\]\\\\]{1,100}\\][^\\D]{1,100}$',
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
    ['^[\\x61]{1,50}b[\\u0061-c]{1,50}$', many],
    ['^a{1,50}\\bb{1,50}$', many],
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

const ALPHABET = ['a', 'b', 'c', 'd', '_', '1', ' ', '\t', '\u00a0', '-', ']', '\\'];
const ATOMS = [
  ...['a', '[ab]', '[b-c]', '[c]', '[^ab]', '-', '\\]', '\\-', '\\\\', '\\t'],
  ...[
    '\\d',
    '\\D',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '[\\d]',
    '[^\\d]',
    '[a\\s]',
    '[^b\\s]',
    '[\\W]',
    '[^\\S]',
  ],
  ...[
    '[\\w.-]',
    '[\\w-c]',
    '[\\]a]',
    '[^\\]a]',
    '[\\--a]',
    '[\\\\-a]',
    '[a\\-c]',
    '[^]',
    '[\\b]',
    '[\\n-\\r]',
    '\\e',
    '[\\da-b]',
  ],
];
const LETTERS: Record<string, string> = Object.fromEntries(
  ATOMS.map((atom) => [
    atom,
    ALPHABET.filter((letter) => new RegExp(`^${atom}$`).test(letter)).join(''),
  ]),
);
const written = fc
  .array(
    fc
      .record({
        letters: fc.constantFrom(...ATOMS),
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
  .array(fc.tuple(fc.constantFrom(...ALPHABET), fc.constantFrom(1, 2, 10, 40)), { maxLength: 5 })
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

/** Whether the two are told apart: `x` is no character of `y`. */
const areTold = (x: string, y: string) =>
  mostSteps(`^${x}{1,50}${y}{1,50}$`) < mostSteps('^a{1,50}a{1,50}$');

/** Every character, in runs of which a regular expression has all or none. */
function runsOf(own: RegExp): { letters: string; isOwn: boolean }[] {
  const runs: { letters: string; isOwn: boolean }[] = [];
  for (let code = 0; code <= 0xffff; code += 1) {
    const letter = String.fromCharCode(code);
    const last = runs.at(-1);
    if (last?.isOwn === own.test(letter)) last.letters += letter;
    else runs.push({ letters: letter, isOwn: own.test(letter) });
  }
  return runs;
}

const escaped = (letter: string) => `${/[\]\\^-]/.test(letter) ? '\\' : ''}${letter}`;

it.each(['\\d', '\\D', '\\w', '\\W', '\\s', '\\S'])(
  '%s has the characters that it has for a regular expression, alone and in a class',
  (atom) => {
    const runs = runsOf(new RegExp(atom));
    expect(runs.length).toBeGreaterThan(2);
    for (const { letters, isOwn } of runs) {
      const run = `[${escaped(letters[0]!)}-${escaped(letters.at(-1)!)}]`;
      expect([run, areTold(atom, run), areTold(`[^${atom}]`, run)]).toEqual([run, !isOwn, isOwn]);
    }
  },
);

it('are told apart exactly where no character is of both', () => {
  const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
  const own = ATOMS.map((atom) => {
    const whole = new RegExp(`^${atom}$`);
    return [atom, new Set(all.filter((letter) => whole.test(letter)))] as const;
  }).sort(([, mine], [, theirs]) => mine.size - theirs.size);
  own.forEach(([x, mine], i) => {
    for (const [y, theirs] of own.slice(i)) {
      const isApart = ![...mine].some((letter) => theirs.has(letter));
      expect([x, y, areTold(x, y), areTold(y, x)]).toEqual([x, y, isApart, isApart]);
    }
  });
});
