import { visit } from 'jsonc-parser';

import { jsonPath } from './issues.js';

/** An answer names no more places than this. */
const MOST_NAMED = 100;
/** What lies deeper is refused for that. */
const DEEPEST = 200;

/**
 * Paths of the names that an object of a JSON text has more than once, each once, in the order of the text: `JSON.parse` keeps the
 * last of them and says nothing, and which one was meant nobody knows (RFC 8259, 4). Some ten milliseconds a megabyte, whatever it
 * holds: a way to a place is as long as that lies deep, so it is told of the first hundred alone, and of none below 200 levels. None
 * are found in a text nested so deep that it cannot be looked through.
 * @param text one that `JSON.parse` reads
 */
export function repeatedNames(text: string): string[] {
  const repeated = new Set<string>();
  const open: Set<string>[] = [];
  /** Of an object, by its names: those that were told. */
  const twice = new Map<Set<string>, Set<string>>();
  try {
    visit(text, {
      onObjectBegin: () => void open.push(new Set()),
      onObjectProperty: (name, _offset, _length, _line, _column, pathOf) => {
        const names = open.at(-1);
        if (names?.has(name) && open.length <= DEEPEST && repeated.size < MOST_NAMED) {
          if (!twice.has(names)) twice.set(names, new Set());
          const told = twice.get(names)!;
          if (!told.has(name)) repeated.add(jsonPath([...pathOf(), name]));
          told.add(name);
        }
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
