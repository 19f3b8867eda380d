import { describe, expect, it } from 'vitest';
import { touchedBy } from './impact.js';
import type { Reader } from './impact.js';

const view = (id: string, fields: string[], purpose = 'research'): Reader => ({
  ...{ id, organisation: id.toUpperCase(), purpose, kind: 'view', fields },
});
const readers: Reader[] = [
  view('a', ['status']),
  view('b', ['dose', 'items'], 'audit'),
  { ...view('c', ['status', 'dose'], 'individual-care'), kind: 'individual-care' },
];
type Given = {
  path: string;
  class?: 'breaking' | 'visible' | 'safe';
  kind?: string;
  purpose?: string;
};
const touched = (change: Given) =>
  touchedBy([{ class: 'breaking', sentence: 'S.', ...change } as never], readers)[0]!.grants.map(
    ({ id }) => id,
  );

describe('a change touches', () => {
  it.each<[string, Given, string[]]>([
    ['the readers of its field', { path: 'status' }, ['a', 'c']],
    ['the readers of the list it is in', { path: 'items[].code' }, ['b', 'c']],
    [
      'individual care, which reads what came later too',
      { path: 'notes', kind: 'field-added' },
      ['c'],
    ],
    ['everybody, if it is about the product', { path: '$.freshness' }, ['a', 'b', 'c']],
    ['the grants for its purpose', { path: '$.purposes', purpose: 'audit' }, ['b']],
    [
      'views alone, if it is about what views show',
      { path: 'status', kind: 'treatment-tightened' },
      ['a'],
    ],
    ['a field that is gone from the contract', { path: 'dose', kind: 'field-removed' }, ['b', 'c']],
    ['every view, if it is a field that every view has', { path: 'changeType' }, ['a', 'b', 'c']],
    ['nobody, if it is safe', { path: 'status', class: 'safe' }, []],
  ])('%s', (_, change, ids) => {
    expect(touched(change)).toEqual(ids);
  });

  it('each with the organisation', () => {
    const change = { path: 'status', class: 'breaking', sentence: 'S.' } as const;
    expect(touchedBy([change], readers)[0]!.grants[0]).toEqual({
      id: 'a',
      organisation: 'A',
    });
  });
});
