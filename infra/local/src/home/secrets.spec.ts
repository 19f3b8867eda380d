import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homeAt, makeHome } from './paths.js';
import { keyFile, secretFile, secretOf } from './secrets.js';

const home = homeAt(mkdtempSync(join(tmpdir(), 'caremesh-secrets-')));
makeHome(home);

it('makes a secret and a key once, for their owner’s eyes', () => {
  const secret = secretOf(home, 'svc-a');
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(secretOf(home, 'svc-a')).toBe(secret);
  const key = readFileSync(keyFile(home, 'a'));
  expect(key.length).toBe(32);
  expect(readFileSync(keyFile(home, 'a'))).toEqual(key);
  const files = [secretFile(home, 'svc-a'), keyFile(home, 'a')];
  expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
});

it('takes an empty file for none: a machine may have lost its power as it was made', () => {
  writeFileSync(secretFile(home, 'svc-b'), '');
  writeFileSync(join(home.keys, 'b.key'), '');
  expect(secretOf(home, 'svc-b')).toMatch(/^[\w-]{43}$/);
  expect(readFileSync(keyFile(home, 'b')).length).toBe(32);
});
