import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextSearch } from './text-search.js';

test('finds what `includes` finds, wherever it stands', () => {
  const text = fc.string({
    minLength: 4,
    maxLength: 12,
    unit: fc.constantFrom('a', 'b', '9', 'ł'),
  });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), fc.array(text), (texts, parts) => {
      const bytes = Buffer.from(parts.join(''));
      const expected = texts.filter((one) => bytes.includes(one));
      expect(new TextSearch(texts).foundIn(bytes)).toEqual(new Set(expected));
    }),
  );
});

test('a number within a longer one counts only if it need not stand alone', () => {
  const search = new TextSearch(['9434765919']);
  const bytes = Buffer.from('at 17943476591900');
  expect(search.foundIn(bytes).size).toBe(1);
  expect(search.foundIn(bytes, { digitsWhole: true }).size).toBe(0);
  expect(search.foundIn(Buffer.from('"9434765919"'), { digitsWhole: true }).size).toBe(1);
});

test('what is too short to be told from chance is refused', () => {
  expect(() => new TextSearch(['W12'])).toThrow(RangeError);
});
