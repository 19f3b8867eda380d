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
 * one of its own characters. An escape with a letter or digit may go on behind it (`\x41`): where there is one, that is said of
 * none.
 */
export function mostSteps(pattern: string): number {
  const parts = partsOf(pattern);
  const isPlain = parts.every(({ atom }) => atom === '\\d' || !/^\\[a-zA-Z0-9]/.test(atom));
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

/** The characters an atom stands for; null where that is not worked out here. */
function rangesOf(atom: string): Range[] | null {
  if (atom === '\\d') return [[0x30, 0x39]];
  if (/^\\?[^]$/.test(atom)) return /^[.^$]$/.test(atom) ? null : [range(atom.at(-1)!)];
  const [, not, inside] = /^\[(\^?)([^\\]*)\]$/.exec(atom) ?? [];
  if (inside === undefined) return null;
  const ranges = [...inside.matchAll(/([^])-([^])|([^])/g)].map(([, from, to, alone]) =>
    alone === undefined ? range(from!, to) : range(alone),
  );
  return not === '^' ? others(ranges) : ranges;
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
