import { expect, it } from 'vitest';

import type { NamedPerson } from '../person/person-ref.js';
import { shownRootId } from './shown-root.js';

type Row = { key: string; person?: NamedPerson; postcode?: string };
const source = {
  root: 'contact',
  parts: {
    patient: { key: (row: unknown) => (row as Row).key },
    referral: {
      key: (row: unknown) => (row as Row).key,
      parent: { part: 'patient', key: () => '' },
    },
    contact: {
      key: (row: unknown) => (row as Row).key,
      parent: { part: 'referral', key: () => '' },
    },
  },
};
const person: NamedPerson = {
  ...{ nhsNumber: '9000000009', nhsNumberStatus: '01' },
  local: { issuer: 'RW5', id: 'MRN80012' },
  others: [{ issuer: 'RXX', id: 'CARD-77' }],
};

const shown = (sourceId: string | null, patient: Row = { key: 'RW5|MRN80012', person }) =>
  shownRootId(source, {
    ...{ sourceId, item: 4, row: { key: sourceId } },
    joined: { root: {}, ancestors: { patient, referral: { key: 'R-200' } }, children: {} },
  });

it('a refused root is called by its number where its name holds an identifier of the person it is joined to', () => {
  expect(shown('MRN80012/C1')).toBe('item 5');
  expect(shown('c card77 2')).toBe('item 5');
  expect(shown('9000000009-1')).toBe('item 5');
  // The row that all belong to is a person's, also where its reader names nobody.
  expect(shown('P12345.3', { key: 'P12345' })).toBe('item 5');
});

it('and by its own name otherwise', () => {
  expect(shown('RW5-C1')).toBe('RW5-C1');
  expect(shown('R-200/1')).toBe('R-200/1');
  expect(shown(null)).toBeNull();
  expect(shown('')).toBeNull();
});
