import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { FileWrapping } from './wrapping.js';

describe('wrapping of pseudonym keys', () => {
  const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const wrapping = new FileWrapping(() => one);
  const key = Buffer.alloc(32, 9);

  test('a key opens for what it was made for, and its bytes stand nowhere in what is stored', async () => {
    const wrapped = await wrapping.wrap(key, 'pseudonym/QUY/research');
    expect(await wrapping.unwrap(wrapped, 'pseudonym/QUY/research')).toEqual(key);
    expect(wrapped.bytes.includes(key)).toBe(false);
    expect(wrapped.wrappedBy).toBe(await wrapping.current());
  });

  test('a row moved to another recipient or purpose does not open', async () => {
    const wrapped = await wrapping.wrap(key, 'pseudonym/QUY/research');
    await expect(wrapping.unwrap(wrapped, 'pseudonym/QR1/research')).rejects.toMatchObject({
      code: 'MESH-4002',
      retriable: false,
    });
  });

  test('another key file does not open it, and says which one is needed', async () => {
    const wrapped = await wrapping.wrap(key, 'pseudonym/QUY/research');
    const other = new FileWrapping(() => two);
    await expect(other.unwrap(wrapped, 'pseudonym/QUY/research')).rejects.toMatchObject({
      code: 'MESH-4002',
      detail: expect.stringContaining(wrapped.wrappedBy) as string,
    });
  });

  test('a former key opens what it closed; the key in use closes everything from now on', async () => {
    const wrapped = await wrapping.wrap(key, 'pseudonym/QUY/research');
    const rotated = new FileWrapping(
      () => two,
      () => one,
    );
    const opened = await rotated.unwrap(wrapped, 'pseudonym/QUY/research');
    expect(opened).toEqual(key);
    const anew = await rotated.wrap(opened, 'pseudonym/QUY/research');
    expect(anew.wrappedBy).not.toBe(wrapped.wrappedBy);
    expect(await new FileWrapping(() => two).unwrap(anew, 'pseudonym/QUY/research')).toEqual(key);
  });

  test('a key file that was taken away is a store that is away, not a key that is lost', async () => {
    const home = mkdtempSync(join(tmpdir(), 'caremesh-keys-'));
    const file = join(home, 'wrapping.key');
    writeFileSync(file, one);
    const stored = FileWrapping.at(file);
    const wrapped = await stored.wrap(key, 'pseudonym/QUY/research');
    rmSync(home, { recursive: true });
    await expect(stored.unwrap(wrapped, 'pseudonym/QUY/research')).rejects.toMatchObject({
      code: 'MESH-4001',
      retriable: true,
    });
  });
});
