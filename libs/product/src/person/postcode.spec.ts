import { expect, it } from 'vitest';
import { postcodeIn } from './postcode.js';

it.each([
  ['M1 1AA', 'M1 1AA'],
  ['M11AA', 'M1 1AA'],
  // As the postcode directory writes it in eight characters, and in seven.
  ['M1   1AA', 'M1 1AA'],
  ['LN5  7AB', 'LN5 7AB'],
  ['yo10 4pf', 'YO10 4PF'],
  [' EC1A\u00a01BB ', 'EC1A 1BB'],
  ['GIR 0AA', 'GIR 0AA'],
  // No fixed abode.
  ['ZZ99 3VZ', 'ZZ99 3VZ'],
  ['LN5', null],
  ['LN5 7A', null],
  ['E 11AA', null],
  ['75001', null],
  ['', null],
])('%j is %j', (text, expected) => {
  expect(postcodeIn(text)).toBe(expected);
});
