import { expect, it } from 'vitest';
import { run } from '../program.js';
import { memoryIo } from '../spec/memory-io.js';

it('says offline which choices touch a use, and why', async () => {
  const { io, out } = memoryIo();
  const asked = [
    'choice',
    'applies',
    '--purpose',
    'research',
    '--common-law',
    's251',
    '-o',
    'json',
  ];
  expect(await run(asked, io)).toBe(0);
  const { items } = JSON.parse(out()) as { items: { choice: string; applies: boolean }[] };
  expect(items.map(({ choice, applies }) => [choice, applies])).toEqual([
    ['dissent', false],
    ['type-1', true],
    ['national', true],
  ]);
});
