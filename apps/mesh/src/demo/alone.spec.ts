import { expect, it } from 'vitest';
import { memoryIo } from '../spec/memory-io.js';
import { alone } from './alone.js';

it('does one thing after the other for one home, also after one that failed, and at once for two', async () => {
  const { io } = memoryIo();
  const done: string[] = [];
  let letGo = (): void => undefined;
  const first = alone(io, async () => {
    await new Promise<void>((resolve) => (letGo = resolve));
    done.push('first');
    throw new Error('failed');
  });
  const failed = expect(first).rejects.toThrow('failed');
  await alone(memoryIo().io, async () => void done.push('of another home'));
  const second = alone(io, async () => void done.push('second'));
  letGo();
  await Promise.all([failed, second]);
  expect(done).toEqual(['of another home', 'first', 'second']);
});
