import { SYNONYMS } from './synonyms.js';

/** More words than this say nothing more about what is looked for; the rest are left out. */
const MOST_WORDS = 12;
/** A shorter beginning of a word would find half the catalogue. */
const SHORTEST_PREFIX = 3;

/** Text as the words it is searched by: lower case, letters and digits alone, `dischargeMethod` as two words. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  );
}

/** The words of a question. */
export function questionWords(q: string): string[] {
  return wordsOf(q).slice(0, MOST_WORDS);
}

/** A word of a question, with words of the catalogue that were probably meant where it has none such. */
export type Reading = { word: string; meant: string[] };

/** How many of the question's words a product has to hold. */
export type Strictness = 'all' | 'some';

/**
 * One thing that has to be found, as two questions of which either may be met: `stems` is for `to_tsquery('english')`,
 * `beginnings` is taken as it stands, because what is cut off a beginning as an ending would make it another. Both hold
 * nothing but letters, digits and operators.
 */
export type Unit = { stems: string; beginnings: string | null };

/** The question: each word as it stands, as the beginning of a word, as what was probably meant, or as a synonym. */
export function unitsOf(readings: readonly Reading[]): Unit[] {
  const units: Unit[] = [];
  for (let at = 0; at < readings.length;) {
    const found = synonymsAt(readings, at);
    const here = readings.slice(at, at + (found?.length ?? 1));
    const plain = here.map(({ word, meant }) => `(${[word, ...meant].join(' | ')})`).join(' & ');
    const synonyms = (found?.group ?? []).map((phrase) => phrase.split(' ').join(' <-> '));
    const stems = [plain, ...synonyms].map((one) => `(${one})`).join(' | ');
    units.push({ stems, beginnings: beginningsOf(here) });
    at += here.length;
  }
  return units;
}

function beginningsOf(readings: readonly Reading[]): string | null {
  const words = readings.map(({ word }) => word);
  if (words.some(({ length }) => length < SHORTEST_PREFIX)) return null;
  return words.map((word) => `${word}:*`).join(' & ');
}

/** The longest phrase with synonyms that begins at a word of the question. */
function synonymsAt(readings: readonly Reading[], at: number) {
  const canonical = readings.slice(at).map(({ word, meant }) => [word, ...meant.slice(0, 1)]);
  const matches = SYNONYMS.flatMap((group) =>
    group
      .map((phrase) => phrase.split(' '))
      .filter((phrase) => phrase.every((word, n) => canonical[n]?.includes(word)))
      .map(({ length }) => ({ length, group })),
  );
  return matches.sort((a, b) => b.length - a.length)[0];
}
