import { expect, it } from 'vitest';

import { eachAlone } from './each-alone.js';

it('goes on with the others where one fails, and throws the first failure at the end', async () => {
  const done: number[] = [];
  const work = (n: number) =>
    n % 2 === 0 ? Promise.reject(new Error(`no ${n}`)) : Promise.resolve(void done.push(n));
  await expect(eachAlone([1, 2, 3, 4, 5], work)).rejects.toThrow('no 2');
  expect(done).toEqual([1, 3, 5]);
  await eachAlone([7], work);
  await eachAlone([], work);
  expect(done).toEqual([1, 3, 5, 7]);
});
