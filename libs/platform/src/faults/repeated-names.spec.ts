import fc from 'fast-check';
import { expect, it } from 'vitest';

import { repeatedNames } from './repeated-names.js';

it.each([
  ['{"a":1,"a":2}', ['$.a']],
  ['{"a":1,"\\u0061":2}', ['$.a']],
  ['{"a":1,"a":2,"a":3,"b":0,"b":0}', ['$.a', '$.b']],
  ['[{"x":{"a":{"b":1},"a":null}}]', ['$[0].x.a']],
  ['{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}', []],
  ['{"lines":[{"n":1},{"n":1,"n":2}],"d e":1,"d e":1}', ['$.lines[1].n', '$["d e"]']],
  ['{"e":":","f":"\\"e\\":1"}', []],
  ['{}', []],
  ['":"', []],
])('%s: %j', (text, expected) => {
  expect(repeatedNames(text)).toEqual(expected);
});

it('of no text that a program writes, and of each when a name is written again', () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), fc.string(), (text, other, name) => {
      expect(repeatedNames(text)).toEqual([]);
      const twice = `{${JSON.stringify(name)}:${text},${JSON.stringify(name)}:${other}}`;
      expect(repeatedNames(`[${other},${twice}]`)).toHaveLength(1);
    }),
  );
});

it('says nothing of a text that is nested too deep to be looked through', () => {
  expect(repeatedNames(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toEqual([]);
});

it('names a hundred of many, and none below what may be nested, by no more work than that', () => {
  const names = Array.from({ length: 300 }, (_, n) => `"n${n}":0`).join();
  expect(repeatedNames(`{${names},${names}}`)).toEqual(
    Array.from({ length: 100 }, (_, n) => `$.n${n}`),
  );
  const within = (levels: number, text: string) =>
    `${'{"a":'.repeat(levels)}${text}${'}'.repeat(levels)}`;
  expect(repeatedNames(within(199, '{"b":1,"b":2}'))).toEqual([`$${'.a'.repeat(199)}.b`]);
  expect(repeatedNames(within(200, '{"b":1,"b":2}'))).toEqual([]);
  // Each way would be 200 long: 150,000 of them took most of a minute.
  const many = Array.from({ length: 150_000 }, () => '"b":0').join();
  expect(repeatedNames(within(199, `{${many}}`))).toHaveLength(1);
});
