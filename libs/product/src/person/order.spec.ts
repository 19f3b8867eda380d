import { expect, it } from 'vitest';
import { compareParts } from './order.js';

it.each([
  [[1, 'a'], [1, 'a'], 0],
  [[1, 'b'], [1, 'a'], 1],
  [[10, 'a'], [9, 'b'], 1],
  [[0, 'Z'], [0, 'a'], -1],
])('%j against %j', (one, other, expected) => {
  expect(compareParts(one, other)).toBe(expected);
});
