import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { packed, unpacked } from './pack.js';

const record = fc.record({
  route: fc.integer({ min: 1, max: 0x7fff }),
  hash: fc.nat({ max: 0x7fffffff }),
  body: fc
    .oneof(fc.nat({ max: 900 }), fc.nat({ max: 9_000 }))
    .map((length) => Buffer.alloc(length, length % 251)),
});

describe('records packed into rows of the outbox', () => {
  it('come out as they went in, in their order', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), (records) => {
        expect(packed(records).flatMap((row) => [...unpacked(row)])).toEqual(records);
      }),
    );
  });

  it('share rows no larger than a page, and stand alone where they are larger', () => {
    const records = [700, 7_000, 700, 20_000, 700, 700].map((size, i) => ({
      route: 1 + i,
      hash: i,
      body: Buffer.alloc(size),
    }));
    const rows = packed(records);
    expect(rows.map(({ route, body }) => [route, body.length])).toEqual([
      [0, 7_720],
      [3, 700],
      [4, 20_000],
      [0, 1_420],
    ]);
  });
});
