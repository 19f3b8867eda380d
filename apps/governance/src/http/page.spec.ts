import { describe, expect, it } from 'vitest';
import { pageOf, positionOf } from './page.js';

describe('a page', () => {
  const rows = ['a', 'b', 'c'];

  it('names the next page only if there is one', () => {
    const first = pageOf(
      rows,
      2,
      (row) => [row],
      (row) => row,
    );
    expect(first.items).toEqual(['a', 'b']);
    expect(positionOf(first.next ?? '', 1)).toEqual(['b']);
    expect(
      pageOf(
        rows,
        3,
        (row) => [row],
        (row) => row,
      ).next,
    ).toBeNull();
  });

  it('refuses a cursor of another list', () => {
    expect(() => positionOf('bm9uc2Vuc2U', 2)).toThrow('MESH-3021');
    expect(positionOf(undefined, 2)).toBeNull();
  });
});
