/**
 * How many characters a test may look at, on whatever text. The 170,000 values for which the examples of the largest
 * proposal have room were tested in 0.4 s.
 */
const MOST_STEPS = 2_000;

/** One part of a pattern: which character, and how often it may come. */
type Part = { atom: string; least: number; most: number };

const PARTS = /(\\[^]|\[(?:\\[^]|[^\]\\])*\]|[^])(?:\{(\d+)(?:(,)(\d*))?\}|([?*+]))?\??/g;

/**
 * Why a pattern is refused, or null. Without groups, alternatives, lookaround and unbounded repeats it is a row of parts, and
 * what the worst text could cost can be counted.
 */
export function patternFault(pattern: string): string | null {
  const parts = pattern.length > 200 ? [] : partsOf(pattern);
  if (parts[0]?.atom !== '^' || parts.at(-1)?.atom !== '$')
    return 'is not anchored with ^ and $, or is very long';
  if (parts.some(({ atom }) => /^[()|]$/.test(atom))) return 'has groups or alternatives';
  if (parts.some(({ most }) => most === Infinity)) return 'has a repeat without an upper bound';
  if (mostSteps(pattern) > MOST_STEPS)
    return `could take more than ${MOST_STEPS.toLocaleString('en-GB')} steps on one text`;
  try {
    new RegExp(pattern);
    return null;
  } catch {
    return 'is not a regular expression';
  }
}

function partsOf(pattern: string): Part[] {
  return [...pattern.matchAll(PARTS)].map(([, atom = '', least, comma, most, mark]) => {
    if (least !== undefined) return { atom, least: Number(least), most: upper(least, comma, most) };
    if (mark === '?') return { atom, least: 0, most: 1 };
    return mark === undefined ? { atom, least: 1, most: 1 } : { atom, least: 0, most: Infinity };
  });
}

function upper(least: string, comma: string | undefined, most: string | undefined): number {
  if (comma === undefined) return Number(least);
  return most ? Number(most) : Infinity;
}

/**
 * How many steps the worst text takes, counted from the end of the pattern: a part is tried up to its most, and then, with each
 * number of characters that it may have, everything behind it is tried again; once only, where what must come next cannot be
 * one of its own characters. What an escape that goes on behind it stands for (`\x41`) is not worked out here, nor then where
 * the next part begins: where there is one, that is said of none.
 */
export function mostSteps(pattern: string): number {
  const parts = partsOf(pattern);
  const isPlain = parts.every(({ atom }) => !GOES_ON.test(atom));
  return parts.reduceRight((behind, { atom, least, most }, i) => {
    const next = parts[i + 1];
    const ways = most - least + 1;
    const isTold = isPlain && next !== undefined && next.least > 0 && areApart(atom, next.atom);
    return most + (isTold ? ways + behind : ways * behind);
  }, 0);
}

type Range = [from: number, to: number];

function areApart(one: string, other: string): boolean {
  const [mine, theirs] = [rangesOf(one), rangesOf(other)];
  if (mine === null || theirs === null) return false;
  return mine.every(([from, to]) => theirs.every(([first, last]) => to < first || last < from));
}

/** `\x41`, `\u0041`, `\cA`, `\p{L}`, `\101`. */
const GOES_ON = /^\\[xucpP0-9]/;

/** The characters an atom stands for; null where that is not worked out here. */
function rangesOf(atom: string): Range[] | null {
  const [, not, inside] = /^\[(\^?)([^]*)\]$/.exec(atom) ?? [];
  // `\b` and `\B` stand for none: they are a place between two.
  if (inside === undefined) return /^(?:[.^$]|\\[bB])$/.test(atom) ? null : charactersOf(atom);
  const ranges = insideOf(inside);
  return not === '^' && ranges !== null ? others(ranges) : ranges;
}

/** What stands in a class, alone or from one to another. A hyphen beside more than a letter, as in `[\w-z]`, is a letter too. */
function insideOf(inside: string): Range[] | null {
  const found = [...inside.matchAll(/(\\[^]|[^])(?:-(\\[^]|[^]))?/g)].flatMap(
    ([, first = '', last]): (Range[] | null)[] => {
      const [from, to] = [charactersOf(first), last === undefined ? [] : charactersOf(last)];
      if (last === undefined || from === null || to === null) return [from, to];
      if (first in SETS || last in SETS) return [from, [range('-')], to];
      return [[[from[0]![0], to[0]![0]]]];
    },
  );
  return found.every((ranges) => ranges !== null) ? found.flat() : null;
}

/** Of one letter, or of one escape. */
function charactersOf(letter: string): Range[] | null {
  if (GOES_ON.test(letter)) return null;
  return SETS[letter] ?? [range(CONTROLS[letter] ?? letter.at(-1)!)];
}

const range = (from: string, to = from): Range => [from.charCodeAt(0), to.charCodeAt(0)];

const LAST = 0xffff;

function others(ranges: readonly Range[]): Range[] {
  const sorted = [...ranges, [LAST + 1, LAST + 1] as Range].sort(([a], [b]) => a - b);
  let next = 0;
  return sorted.flatMap(([from, to]) => {
    const gap: Range[] = next < from ? [[next, from - 1]] : [];
    next = Math.max(next, to + 1);
    return gap;
  });
}

const DIGITS = [range('0', '9')];
const WORD = [...DIGITS, range('A', 'Z'), range('_'), range('a', 'z')];
const SPACES = [
  ...[range('\t', '\r'), range(' '), range('\u00a0'), range('\u1680'), range('\u2000', '\u200a')],
  ...[range('\u2028', '\u2029'), range('\u202f'), range('\u205f'), range('\u3000')],
  range('\ufeff'),
];
/** Escapes that stand for more than one character. */
const SETS: Record<string, Range[]> = {
  ...{ '\\d': DIGITS, '\\w': WORD, '\\s': SPACES },
  ...{ '\\D': others(DIGITS), '\\W': others(WORD), '\\S': others(SPACES) },
};
/** `\b` in a class alone. */
const CONTROLS: Record<string, string> = {
  ...{ '\\t': '\t', '\\n': '\n', '\\v': '\v', '\\f': '\f', '\\r': '\r', '\\b': '\b' },
};
