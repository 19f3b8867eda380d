import { visit } from 'jsonc-parser';

import { jsonPath } from './issues.js';

/**
 * Paths of the names that an object of a JSON text has more than once, each once, in the order of the text: `JSON.parse` keeps the
 * last of them and says nothing, and which one was meant nobody knows (RFC 8259, 4). Some ten milliseconds a megabyte. None
 * are found in a text nested so deep that it cannot be looked through.
 * @param text one that `JSON.parse` reads
 */
export function repeatedNames(text: string): string[] {
  const repeated = new Set<string>();
  const open: Set<string>[] = [];
  try {
    visit(text, {
      onObjectBegin: () => void open.push(new Set()),
      onObjectProperty: (name, _offset, _length, _line, _column, pathOf) => {
        const names = open.at(-1);
        if (names?.has(name)) repeated.add(jsonPath([...pathOf(), name]));
        names?.add(name);
      },
      onObjectEnd: () => void open.pop(),
    });
  } catch (error) {
    // Whoever nests that deep is refused for it.
    if (!(error instanceof RangeError)) throw error;
    return [];
  }
  return [...repeated];
}
