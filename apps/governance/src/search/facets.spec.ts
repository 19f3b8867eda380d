import { describe, expect, it } from 'vitest';
import type { DataContract } from '@caremesh/contract';
import { FACETS, countsOf, facetsOf } from './facets.js';

const contract = {
  domain: 'gp',
  careSetting: ['general-practice'],
  standards: [{ id: 'SCCI0034' }, { id: 'SCCI0034' }],
  fields: [
    { classification: 'none' },
    { classification: 'none' },
    { classification: 'direct-identifier' },
  ],
  purposes: ['audit'],
  owner: { team: 'gp', ods: null },
} as unknown as DataContract;

describe('facets', () => {
  it('are the values of a product, each once; a publisher without an ODS code is its team', () => {
    expect(facetsOf(contract, ['published', 'deprecated'])).toEqual([
      { facet: 'domain', value: 'gp' },
      { facet: 'careSetting', value: 'general-practice' },
      { facet: 'standard', value: 'SCCI0034' },
      { facet: 'classification', value: 'none' },
      { facet: 'classification', value: 'direct-identifier' },
      { facet: 'purpose', value: 'audit' },
      { facet: 'publisher', value: 'gp' },
      { facet: 'status', value: 'published' },
      { facet: 'status', value: 'deprecated' },
    ]);
    const owned = { ...contract, owner: { ...contract.owner, ods: 'A81001' } };
    expect(facetsOf(owned, [])).toContainEqual({ facet: 'publisher', value: 'A81001' });
  });

  it('are counted most first, then by name, without what nothing has', () => {
    const counts = countsOf([
      { facet: 'domain', value: 'b', count: 1 },
      { facet: 'domain', value: 'a', count: 1 },
      { facet: 'domain', value: 'c', count: 5 },
      { facet: 'purpose', value: 'audit', count: 0 },
    ]);
    expect(Object.keys(counts)).toEqual([...FACETS]);
    expect(counts.domain.map(({ value }) => value)).toEqual(['c', 'a', 'b']);
    expect(counts.purpose).toEqual([]);
  });
});
