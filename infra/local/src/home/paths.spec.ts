import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homeAt, makeHome } from './paths.js';

it('makes a home with every folder above it, and again changes nothing', () => {
  const root = join(mkdtempSync(join(tmpdir(), 'caremesh-home-')), 'some', 'where');
  makeHome(homeAt(root));
  makeHome(homeAt(root));
  const mode = (path: string) => statSync(path).mode & 0o777;
  expect([root, join(root, 'data'), join(root, 'secrets')].map(mode)).toEqual([
    0o711, 0o711, 0o700,
  ]);
});

it('gives up at once where no folder can be made, and names it', () => {
  // What lies in /proc is the kernel's alone; it answers as if the folder above were missing.
  const inProc = homeAt('/proc/caremesh/home');
  expect(() => makeHome(inProc)).toThrow(
    expect.objectContaining({ code: 'ENOENT', path: '/proc/caremesh' }),
  );
  const file = join(mkdtempSync(join(tmpdir(), 'caremesh-home-')), 'file');
  writeFileSync(file, '');
  expect(() => makeHome(homeAt(file))).toThrow(
    expect.objectContaining({ code: 'EEXIST', path: file }),
  );
});

it('takes no path with a comma, and makes nothing of it', () => {
  const root = join(mkdtempSync(join(tmpdir(), 'caremesh-home-')), 'one, two');
  expect(() => makeHome(homeAt(root))).toThrow(
    expect.objectContaining({ code: 'MESH-6015', message: root }),
  );
  expect(existsSync(root)).toBe(false);
});
