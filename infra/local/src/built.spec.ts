import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** What the machine's own Node runs before anything is built; so it is no TypeScript. */
type Built = {
  alone<T>(root: string, waits: () => void, work: () => Promise<T>): Promise<T>;
  isBuilt(root: string): boolean;
  noteBuilt(root: string): void;
};
const script = new URL('../built.mjs', import.meta.url).href;
const { alone, isBuilt, noteBuilt } = (await import(/* @vite-ignore */ script)) as Built;

let root: string;
const put = (path: string, text: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'caremesh-built-'));
  for (const room of ['apps', 'libs', 'infra']) put(`${room}/one/package.json`, '{}');
  for (const [path, text] of [
    ['.swcrc', '{}'],
    ['package-lock.json', '{}'],
    ['.nx/workspace-data/x', ''],
    ['apps/one/src/deep/a.ts', 'one'],
    ['apps/one/dist/deep/a.js', 'one'],
  ] as const)
    put(path, text);
});
afterEach(() => rmSync(root, { recursive: true }));

describe('what is built', () => {
  it('is left alone for as long as its sources are as they were, and it is there as it was made', () => {
    expect(isBuilt(root)).toBe(false);
    noteBuilt(root);
    expect(isBuilt(root)).toBe(true);
  });

  it.each([
    ['a source says something else', () => put('apps/one/src/deep/a.ts', 'two')],
    ['a source is new', () => put('libs/one/src/b.ts', '')],
    ['another package is locked', () => put('package-lock.json', '{"a":1}')],
    ['a file of it is gone', () => rmSync(join(root, 'apps/one/dist/deep/a.js'))],
    ['a file of it was changed by hand', () => put('apps/one/dist/deep/a.js', 'by hand')],
  ])('is built again where %s', (_, change) => {
    noteBuilt(root);
    change();
    expect(isBuilt(root)).toBe(false);
  });
});

describe('who builds', () => {
  it('is one at a time', async () => {
    const said: string[] = [];
    let end = () => undefined as void;
    const first = alone(
      root,
      () => said.push('first waits'),
      () => {
        said.push('first begins');
        return new Promise<void>((resolve) => (end = resolve));
      },
    );
    const second = alone(
      root,
      () => (said.push('second waits'), end()),
      async () => {
        said.push('second begins');
      },
    );
    await Promise.all([first, second]);
    expect(said).toEqual(['first begins', 'second waits', 'second begins']);
  });

  it('gives its place back also where it fails, and one that ended without is passed over', async () => {
    const fails = alone(
      root,
      () => undefined,
      () => Promise.reject(new Error('no')),
    );
    await expect(fails).rejects.toThrow('no');
    // A number that no process of this machine has.
    put('.nx/preparing', '99999999 1');
    let waited = 0;
    expect(
      await alone(
        root,
        () => (waited += 1),
        async () => 'built',
      ),
    ).toBe('built');
    expect(waited).toBe(1);
  });
});
