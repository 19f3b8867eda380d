import { visit } from 'jsonc-parser';

/** Looking for the place costs some ten milliseconds a megabyte; whoever sends more learns that it is no JSON. */
const LOOKED_THROUGH_MAX = 8 * 1024 * 1024;

/** Where a text stops being JSON, counted from 1. */
type JsonPlace = { line: number; column: number; atEnd: boolean };

/** Ends the look at the first fault: the reader itself would go on to the next. */
class Found extends Error {
  constructor(readonly place: JsonPlace) {
    super('found');
  }
}

/**
 * The place at which a text that `JSON.parse` refused stops being JSON; null if it is too large to be looked through, or
 * nested too deep. The engine's own message names a place for some faults only, and quotes the text around it, which may
 * be about a person.
 */
function placeInJson(text: string): JsonPlace | null {
  if (text.length > LOOKED_THROUGH_MAX) return null;
  const end = text.trimEnd().length;
  const onError = (_: unknown, offset: number, _length: number, line: number, column: number) => {
    throw new Found({ line: line + 1, column: column + 1, atEnd: offset >= end });
  };
  try {
    visit(text, { onError }, { disallowComments: true });
  } catch (found) {
    if (found instanceof Found) return found.place;
    // Nested so deep that the reader gave up.
  }
  return null;
}

/**
 * The same in words: "line 3, column 7", or "column 7" of a text that is one line of a file. Undefined if no place is known.
 */
export function jsonPlaceInWords(text: string, isOneLine = false): string | undefined {
  const place = placeInJson(text);
  if (place === null) return undefined;
  const where = isOneLine ? `column ${place.column}` : `line ${place.line}, column ${place.column}`;
  return place.atEnd ? `it ends too early, ${where}` : where;
}
