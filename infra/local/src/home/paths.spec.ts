import { chmodSync, existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homeAt, makeHome, readWhole } from './paths.js';

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

it('takes a file that may not be read for another user’s, and not for one that is missing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'caremesh-home-'));
  const file = join(folder, 'supervisor.json');
  expect(readWhole(file)).toBeNull();
  writeFileSync(file, '');
  expect(readWhole(file)).toBeNull();
  writeFileSync(file, '{"pid":1}');
  expect(readWhole(file)).toEqual({ pid: 1 });
  chmodSync(folder, 0o755);
  chmodSync(file, 0o000);
  asNobody(() =>
    expect(() => readWhole(file)).toThrow(
      expect.objectContaining({ code: 'MESH-6016', message: `${file} may not be read` }),
    ),
  );
});

/** Nothing is closed to root: there the look is made as `nobody`. */
function asNobody(look: () => void): void {
  if (process.getuid!() !== 0) return look();
  process.seteuid!('nobody');
  try {
    look();
  } finally {
    process.seteuid!(0);
  }
}
