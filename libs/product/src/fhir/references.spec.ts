import { expect, it } from 'vitest';

import { References } from './references.js';

it('looks through contained resources once, however many references name them', () => {
  let looked = 0;
  const contained = Array.from({ length: 50 }, (_, number) => ({
    resourceType: 'Organization',
    get id() {
      looked++;
      return `o${number}`;
    },
  }));
  const references = new References((kind, resource) => ({
    resource: { kind, resource },
    faults: [],
  }));
  const found = Array.from({ length: 100 }, (_, number) =>
    references.find({ reference: `#o${number}` }, { contained }),
  );
  expect(found.filter((one) => one !== undefined)).toHaveLength(50);
  expect(found[7]!.resource!.resource).toBe(contained[7]);
  expect(looked).toBe(50);
});

it('takes neither of two contained resources with one id', () => {
  const twice = [
    { resourceType: 'Patient', id: 'p' },
    { resourceType: 'Patient', id: 'p' },
  ];
  const references = new References((_, resource) => ({ resource, faults: [] }));
  const place = { contained: twice };
  expect(references.find({ reference: '#p' }, place)).toBeUndefined();
  expect(references.isAmbiguous({ reference: '#p' }, place)).toBe(true);
});
