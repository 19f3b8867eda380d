import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { run } from '../program.js';
import { memoryIo } from '../spec/memory-io.js';
import { dataFolder } from './doctor.js';

const CHECKOUT = resolve(import.meta.dirname, '../../../..');
const WHAT = 'Data folder (MESH_HOME)';
const ELSEWHERE = 'set MESH_HOME to another folder';

const { io } = memoryIo();
const folder = io.home;
afterEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
});

/** The line of `mesh doctor` on the data folder, where that is `home`. */
async function found(home: string): Promise<unknown> {
  const { io: outside, out } = memoryIo();
  await run(['doctor', '-o', 'json'], { ...outside, root: CHECKOUT, home });
  const { checks } = JSON.parse(out()) as { checks: { name: string }[] };
  return checks.filter(({ name }) => name === WHAT);
}

describe('mesh doctor, of the data folder', () => {
  it('that is there', async () => {
    const home = join(folder, 'mesh');
    mkdirSync(home);
    expect(await found(home)).toEqual([{ name: WHAT, found: home, ok: true, fix: '' }]);
  });

  it('that is not there yet: it will be made, and is not made by looking', async () => {
    const home = join(folder, 'above', 'mesh');
    expect(await found(home)).toEqual([
      { name: WHAT, found: `${home}, made at the first start`, ok: true, fix: '' },
    ]);
    expect(existsSync(join(folder, 'above'))).toBe(false);
  });

  it.each([
    ['is a file', 'mesh'],
    ['lies below a file', 'mesh/data'],
  ])('that %s', async (_, name) => {
    const file = join(folder, 'mesh');
    writeFileSync(file, '');
    expect(await found(join(folder, name))).toEqual([
      {
        name: WHAT,
        found: `${file} is no folder`,
        ok: false,
        fix: `Move it away, or ${ELSEWHERE}.`,
      },
    ]);
  });

  it.each([
    ['that is there', ''],
    ['that would be made', 'mesh'],
  ])('that may not be written, %s', (_, name) => {
    mkdirSync(join(folder, 'kept'), { mode: 0o500 });
    // Permissions do not bind root: there the answer that anybody else gets is given.
    const asked = process.getuid?.() === 0 ? () => false : undefined;
    expect(dataFolder(join(folder, 'kept', name), asked)).toEqual({
      name: WHAT,
      found: `${join(folder, 'kept')} may not be written`,
      ok: false,
      fix: `Give it to the user who runs the mesh, or ${ELSEWHERE}.`,
    });
  });
});
