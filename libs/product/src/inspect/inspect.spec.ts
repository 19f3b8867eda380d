import { describe, expect, it } from 'vitest';

import { publisherOf } from './inspect.js';

describe('the publisher that a record names', () => {
  it('is an ODS code, and never what could be a person', () => {
    const named = ['urn:ods:A81001', 'urn:ods:9000000009', 'A81001', 'urn:ods:a b', '', null];
    expect(named.map(publisherOf)).toEqual(['A81001', null, null, null, null, null]);
  });
});
