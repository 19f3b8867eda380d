import { expect, it } from 'vitest';
import { readBeginning } from './body.js';

async function* body(...sizes: number[]): AsyncGenerator<Buffer> {
  for (const size of sizes) yield Buffer.alloc(size);
}

it.each([
  ['nothing', [], true],
  ['5 MB', [5_000_000], true],
  ['5 MB in pieces', [4_999_999, 1], true],
  ['a byte more', [5_000_000, 1], false],
  ['more, in one piece', [5_100_000], false],
  ['5 MiB', [5 * 1024 * 1024], false],
])('a body of %s is answered at once: %s', async (_, sizes, atOnce) => {
  const { bytes, rest } = await readBeginning(body(...sizes));
  expect(rest === null).toBe(atOnce);
  expect(bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
});
