/** Words that turn a sentence round, draw its borders, join something to it or say in what it is counted: where one comes or goes, the meaning may have changed. */
const TURNING = new Set(
  `no not never none without except excluding exclude excludes only unless instead but before after until since
  minus less more least most maximum minimum first last any all every each null zero or and nor if when while
  always usually about estimated second minute hour day week month year seconds minutes hours days weeks months years`.split(
    /\s+/,
  ),
);

/**
 * Whether a description may be taken to mean what it meant: every word of the old one is still there, in its order,
 * and what was added turns nothing round and names no number. Anything else a person has to read.
 */
export function sameMeaning(before: string, after: string): boolean {
  const added = [...wordsOf(after)];
  let from = 0;
  for (const word of wordsOf(before)) {
    const at = added.indexOf(word, from);
    if (at < 0) return false;
    added.splice(at, 1);
    from = at;
  }
  return !added.some((word) => TURNING.has(word) || /\d/.test(word));
}

/**
 * Whether two texts differ in their writing alone: for names, and for what a product may be used for and how far it
 * goes, where one more word is another promise.
 */
export function sameWords(before: string, after: string): boolean {
  return wordsOf(before).join(' ') === wordsOf(after).join(' ');
}

/** Letters and digits alone: capitals, punctuation and spacing say nothing here, but `<`, `>`, `=`, `%` and signs do. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}'’]+|[<>=%±≤≥+−]/gu) ?? [];
}
