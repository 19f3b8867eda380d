import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tarOf } from './tar.js';

const folders = () =>
  new Set(readdirSync(tmpdir()).filter((name) => name.startsWith('caremesh-audit-')));
let before: Set<string>;
beforeEach(() => void (before = folders()));
/** Nothing of the files is left, however they were read. */
afterEach(() =>
  vi.waitFor(() => expect([...folders()].filter((one) => !before.has(one))).toEqual([])),
);

const MUCH = Array.from({ length: 20_000 }, (_, n) => `{"seq":${n},"what":"${'x'.repeat(40)}"}\n`);

it('is the files by their names, whole', async () => {
  const bytes = await buffer(await tarOf({ 'entries.ndjson': MUCH, 'proof.json': ['{}\n'] }));
  const text = bytes.toString();
  expect(bytes.length % 512).toBe(0);
  expect(text.startsWith('entries.ndjson\0')).toBe(true);
  expect(text).toContain(MUCH.join(''));
  expect(text).toContain('proof.json\0');
});

it.each([
  ['before it has begun to read', 0],
  ['in the middle', 3],
])('is no fault of anybody where its reader goes away %s', async (_, chunks) => {
  const tar = await tarOf({ 'entries.ndjson': MUCH, 'proof.json': ['{}\n'] });
  let read = 0;
  if (chunks > 0) {
    for await (const _chunk of tar) if ((read += 1) === chunks) break;
  }
  tar.destroy();
  // What nobody hears ends the process; here it fails the run.
  await new Promise((resolve) => setImmediate(resolve));
});

it('says why the lines of a file could not be read', async () => {
  const broken = async function* () {
    yield 'one\n';
    await Promise.resolve();
    throw new TypeError('the database is gone');
  };
  await expect(tarOf({ 'entries.ndjson': MUCH, 'rest.ndjson': broken() })).rejects.toThrow(
    'the database is gone',
  );
});
