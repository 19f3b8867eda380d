import { holdsNhsNumber } from '@caremesh/contract';
import { expect, test } from 'vitest';

import { bytesOf, nhsNumberOf, numberOf, numbersOf, People } from './people.js';

test('nine digits stand for ten', () => {
  for (const number of ['9434765919', '9000000009', '9010232131']) {
    expect(nhsNumberOf(numberOf(number))).toBe(number);
  }
});

test('writes the tenth digit by which the contract knows an NHS number, and none where there is none', () => {
  for (let number = 900_000_000; number < 900_002_000; number++) {
    const written = nhsNumberOf(number);
    expect([written, holdsNhsNumber(written)]).toEqual([written, written.length === 10]);
  }
});

test('holds exactly those it was made of, a hundred thousand neighbours of them not', () => {
  const held = Uint32Array.from({ length: 100_000 }, (_, n) => 900_000_000 + 2 * n);
  const people = new People(held);
  expect(people.size).toBe(100_000);
  expect(held.every((number) => people.has(number))).toBe(true);
  expect(held.some((number) => people.has(number + 1))).toBe(false);
  expect(new People(new Uint32Array()).has(1)).toBe(false);
});

test('bytes give back the numbers they were made of', () => {
  const numbers = new Uint32Array([1, 2, 999_999_999]);
  expect(numbersOf(Buffer.from(bytesOf(numbers)))).toEqual(numbers);
});
