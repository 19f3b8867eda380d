import { expect, it } from 'vitest';

import { EntryCutter } from './entry-cutter.js';

/** The entries that are cut from a text that comes in pieces. */
function entriesOf(text: string, piece = 65_536): string[] {
  const bytes = Buffer.from(text);
  const cutter = new EntryCutter(1_048_576);
  const found: string[] = [];
  for (let at = 0; at < bytes.length; at += piece)
    found.push(...cutter.push(bytes.subarray(at, at + piece)).map((one) => one.bytes.toString()));
  return found;
}

const bundle = (...lists: string[]) => `{"resourceType":"Bundle",${lists.join('')}"type":"x"}`;

it.each([1, 7, 80, 81, 65_536])(
  'finds the entries however the text is cut: by %i bytes',
  (piece) => {
    expect(entriesOf(bundle('"link":[{"a":1}],', '"entry" : [{"a":1},{"b":2}],'), piece)).toEqual([
      '{"a":1}',
      '{"b":2}',
    ]);
  },
);

// Minutes, where each list has all before it read anew.
it.each(['"link":[],', '"entry":[],'])('reads 80,000 lists %s as far as they go', (list) => {
  expect(entriesOf(bundle(...Array<string>(80_000).fill(list), '"entry":[{"a":1}],'))).toEqual([
    '{"a":1}',
  ]);
});
