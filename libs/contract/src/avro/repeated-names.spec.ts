import fc from 'fast-check';
import { expect, it } from 'vitest';
import { repeatsName } from './repeated-names.js';

const repeats = (text: string): boolean => repeatsName(text, JSON.parse(text));

it.each([
  ['{"a":1,"a":2}', true],
  ['{"a":1,"\\u0061":2}', true],
  ['[{"x":{"a":{"b":1},"a":null}}]', true],
  ['{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}', false],
  ['{"a:\\"b\\\\":"c\\":d","e":":"}', false],
  ['{"__proto__":{"a":1},"a":{}}', false],
  ['{"__proto__":1,"__proto__":{}}', true],
  ['{}', false],
  ['":"', false],
  ['{"":1,"":2}', true],
])('%s: %s', (text, expected) => {
  expect(repeats(text)).toBe(expected);
});

it('of no text that a program writes, and of each when a name is written again', () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), fc.string(), (text, other, name) => {
      expect(repeats(text)).toBe(false);
      const twice = `{${JSON.stringify(name)}:${text},${JSON.stringify(name)}:${other}}`;
      expect(repeats(`[${other},${twice}]`)).toBe(true);
    }),
  );
});
