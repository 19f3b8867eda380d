import { expect, it } from 'vitest';

import { Turns } from './turns.js';

/** Work that is begun when it is its turn, and ends when it is told to. */
function works(turns: Turns) {
  const begun: string[] = [];
  const ends = new Map<string, (failure?: Error) => void>();
  const take = (name: string, id: string) =>
    turns.take(name, () => {
      begun.push(id);
      return new Promise<string>((resolve, reject) =>
        ends.set(id, (failure) => (failure ? reject(failure) : resolve(id))),
      );
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { begun, take, settle, end: (id: string, failure?: Error) => ends.get(id)!(failure) };
}

it('answers those of one name one after the other, and two of all at once', async () => {
  const { begun, take, settle, end } = works(new Turns());
  const all = [take('a', 'a1'), take('a', 'a2'), take('b', 'b1'), take('c', 'c1')];
  await settle();
  expect(begun).toEqual(['a1', 'b1']);
  end('b1');
  await settle();
  expect(begun).toEqual(['a1', 'b1', 'c1']);
  end('a1');
  await settle();
  expect(begun).toEqual(['a1', 'b1', 'c1', 'a2']);
  end('a2');
  end('c1');
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'b1', 'c1']);
});

it('gives the turn on where one fails', async () => {
  const { begun, take, settle, end } = works(new Turns());
  const failing = take('a', 'a1');
  const next = take('a', 'a2');
  await settle();
  end('a1', new Error('no'));
  await expect(failing).rejects.toThrow('no');
  await settle();
  expect(begun).toEqual(['a1', 'a2']);
  end('a2');
  expect(await next).toBe('a2');
});
