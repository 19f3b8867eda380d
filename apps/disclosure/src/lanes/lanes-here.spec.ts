import { expect, it } from 'vitest';

import { allLanes, laneBeside, lanesOfFirst } from './lanes-here.js';

it.each([
  [0, [0], [1]],
  [1, [0], [1]],
  [10, [0], [1]],
  [11, [0, 1], []],
  [200, [0, 1], []],
])(
  'of %i views the first thread reads lanes %j, and the one beside it %j',
  (views, first, beside) => {
    expect(lanesOfFirst(2)(views)).toEqual(first);
    expect(laneBeside(1)(views)).toEqual(beside);
  },
);

it('what has one lane reads it in the first thread, and a process without threads beside reads all', () => {
  expect(lanesOfFirst(1)(1)).toEqual([0]);
  expect(lanesOfFirst(1)(200)).toEqual([0]);
  expect(allLanes(2)(1)).toEqual([0, 1]);
});
