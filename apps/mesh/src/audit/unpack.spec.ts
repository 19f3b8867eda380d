import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { pack } from 'tar-stream';
import { expect, it } from 'vitest';

import { unpack } from './unpack.js';

async function tarOf(...files: [name: string, text: string][]): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of files) tar.entry({ name }, text);
  tar.finalize();
  return buffer(tar);
}

const folder = () => mkdtempSync(join(tmpdir(), 'caremesh-export-'));

it('writes each file under its bare name', async () => {
  const tar = await tarOf(['a/../../one.txt', 'one'], ['two.txt', 'two']);
  const into = folder();
  const stream = Readable.toWeb(Readable.from([tar])) as ReadableStream;
  expect(await unpack(stream, into)).toEqual(['one.txt', 'two.txt']);
  expect(readFileSync(join(into, 'one.txt'), 'utf8')).toBe('one');
});

it.each([
  ['within a file', 700],
  ['between two', 1_024],
])('fails with a code where the answer breaks off %s', async (_, at) => {
  const tar = await tarOf(['one.txt', 'x'.repeat(500)], ['two.txt', 'y'.repeat(5_000)]);
  async function* cut() {
    yield tar.subarray(0, at);
    await new Promise((resolve) => setImmediate(resolve));
    throw new TypeError('terminated');
  }
  const stream = Readable.toWeb(Readable.from(cut())) as ReadableStream;
  await expect(unpack(stream, folder())).rejects.toMatchObject({ code: 'MESH-6504' });
});
