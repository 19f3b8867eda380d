import type { Standard } from '@caremesh/contract';
import { describe, expect, it } from 'vitest';
import { standardChanges } from './plain-words.js';

const before = { id: 'X1', title: 'One', state: 'draft', conformanceDate: null } as Standard;

describe('what a revision of a standard changes', () => {
  it('is told in sentences, and nothing else is told', () => {
    const after = { ...before, state: 'active', conformanceDate: '2027-03-31' } as Standard;
    expect(standardChanges(before, after)).toEqual([
      { path: '$.state', sentence: 'It goes from draft to active.' },
      {
        path: '$.conformanceDate',
        sentence: 'The conformance date changes from nothing to “2027-03-31”.',
      },
    ]);
  });

  it('is one sentence for a new standard', () => {
    expect(standardChanges(null, before)).toEqual([
      { path: '$', sentence: 'X1 is new to the catalogue.' },
    ]);
  });
});
