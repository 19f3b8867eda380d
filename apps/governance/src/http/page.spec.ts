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
    expect(positionOf(first.next ?? '', 'text')).toEqual(['b']);
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
    expect(() => positionOf('bm9uc2Vuc2U', 'text', 'text')).toThrow('MESH-3021');
    expect(positionOf(undefined, 'time', 'text')).toBeNull();
    const cursorOf = (...key: string[]) =>
      pageOf(
        [key, key],
        1,
        (row) => row,
        (row) => row,
      ).next ?? '';
    const [at, id] = ['2026-03-01T09:00:00.000Z', 'abcdefgh'];
    expect(positionOf(cursorOf(at, id, '17'), 'time', 'text', 'number')).toEqual([at, id, '17']);
    for (const [key, ...order] of [
      [['gp.medication-statement', id], 'time', 'text'],
      [['yesterday', id], 'time', 'text'],
      [[at, id], 'text'],
      [['fhir-uk-core'], 'number'],
      [['-1'], 'number'],
    ] as const) {
      expect(() => positionOf(cursorOf(...key), ...order)).toThrow('MESH-3021');
    }
  });
});
