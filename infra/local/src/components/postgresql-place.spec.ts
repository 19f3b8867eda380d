import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { placePostgresql } from './postgresql-place.js';

let root: string;
let home: { root: string; data: string };
beforeEach(() => {
  vi.spyOn(process, 'getuid').mockReturnValue(0);
  root = mkdtempSync(join(tmpdir(), 'caremesh-place-'));
  home = { root, data: join(root, 'data') };
  mkdirSync(join(home.data, 'postgresql'), { recursive: true });
  for (const folder of [root, home.data]) chmodSync(folder, 0o711);
  vi.stubEnv('MESH_POSTGRES_ROOT', join(root, 'outside'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const filled = () => writeFileSync(join(home.data, 'postgresql', 'PG_VERSION'), '18');

it('data lie in the home that their user may enter', () => {
  expect(placePostgresql(home).data).toBe(join(home.data, 'postgresql'));
});

it('where there are data that their user may enter no longer, it says so and begins with none nowhere else', () => {
  filled();
  chmodSync(home.data, 0o700);
  expect(() => placePostgresql(home)).toThrow(
    expect.objectContaining({
      code: 'MESH-6005',
      message: expect.stringContaining(home.data) as string,
    }),
  );
});

it('data that were made outside stay there, also where the home may be entered by now', () => {
  chmodSync(home.data, 0o700);
  const { data } = placePostgresql(home);
  expect(data.startsWith(join(root, 'outside'))).toBe(true);
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'PG_VERSION'), '18');
  chmodSync(home.data, 0o711);
  expect(placePostgresql(home).data).toBe(data);
});
