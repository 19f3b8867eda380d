import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonPlaceInWords } from './json-place.js';

const lines = (...all: string[]) => all.join('\n');

describe('the place at which a text stops being JSON', () => {
  it.each([
    ['a word that is none', lines('{', '  "a": x', '}'), 'line 2, column 8'],
    ['a missing comma', lines('{ "a": 1', '  "b": 2 }'), 'line 2, column 3'],
    ['a comma too many', lines('[1,', ' 2,', ']'), 'line 3, column 1'],
    ['a name without quotes', lines('{', 'a: 1 }'), 'line 2, column 1'],
    ['single quotes', `{"a": 'b'}`, 'line 1, column 7'],
    ['a comment', lines('{', '// no', '}'), 'line 2, column 1'],
    ['something after the end', lines('{}', '{}'), 'line 2, column 1'],
    ['a text cut short', lines('{', '  "a": ['), 'it ends too early, line 2, column 9'],
    ['a line break in a text', lines('{"a": "b', 'c"}'), 'line 1, column 7'],
    ['a bad escape', '{"a": "\\x"}', 'line 1, column 7'],
    ['a number that is none', '{"a": 01}', 'line 1, column 8'],
  ])('is named for %s', (_, text, place) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(jsonPlaceInWords(text)).toBe(place);
  });

  it('of a line is its column', () => {
    expect(jsonPlaceInWords('{"a": x}', true)).toBe('column 7');
  });

  it('is known of whatever the engine refuses, and of nothing it takes', () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', 'x', '}', ']', ',', '"', '{', "'"))
      .map(([text, at, put]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + put + text.slice(cut + 1);
      });
    fc.assert(
      fc.property(broken, (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect([text, jsonPlaceInWords(text) === undefined]).toEqual([text, isJson]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is not looked for where that would take long, or nests without end', () => {
    expect(jsonPlaceInWords(`[${'1,'.repeat(5_000_000)}`)).toBeUndefined();
    expect(jsonPlaceInWords('['.repeat(60_000)) ?? '').toMatch(/^$|too early/);
  });
});
