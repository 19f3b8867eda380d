import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topOf } from './top.js';

describe('the first of many', () => {
  it('are what sorting all of them would give', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (items, count) => {
        const sorted = [...items].sort((a, b) => a - b).slice(0, count);
        expect(topOf(items, count, (a, b) => a - b)).toEqual(sorted);
      }),
    );
  });
});
