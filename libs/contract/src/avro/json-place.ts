import { visit } from 'jsonc-parser';

/** Ends the look at the first fault: the reader itself would go on to the next. */
class Found extends Error {
  constructor(readonly words: string) {
    super(words);
  }
}

/**
 * Where a text that `JSON.parse` refused stops being JSON, in words that go into a sentence: " at line 3, column 7". Empty
 * if no place is known. The engine's own message names a place for some faults only.
 */
export function jsonPlace(text: string): string {
  const end = text.trimEnd().length;
  const onError = (_: unknown, offset: number, _length: number, line: number, column: number) => {
    const tooEarly = offset >= end ? ', where it ends too early' : '';
    throw new Found(` at line ${line + 1}, column ${column + 1}${tooEarly}`);
  };
  try {
    visit(text, { onError }, { disallowComments: true });
  } catch (found) {
    if (found instanceof Found) return found.words;
    // Nested so deep that the reader gave up.
  }
  return '';
}
