import { randomBytes } from 'node:crypto';

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

  it('share rows up to a size, and stand alone where they are larger', () => {
    const records = [700, 2_000, 700, 30_000, 700, 700].map((size, i) => ({
      route: 1 + i,
      hash: i,
      body: Buffer.alloc(size),
    }));
    const rows = packed(records);
    expect(rows.map(({ route, body }) => [route, body.length])).toEqual([
      [0, 3_430],
      [4, 30_000],
      [0, 1_420],
    ]);
  });

  it('are compressed where they are many: forty that say nearly the same stay in a page', () => {
    const common = randomBytes(500);
    const records = Array.from({ length: 80 }, (_, i) => ({
      route: 1,
      hash: i,
      body: Buffer.concat([common, randomBytes(100)]),
    }));
    const rows = packed(records);
    expect(rows.map(({ route, body }) => [route, body.length < 7_900])).toEqual([
      [-1, true],
      [-1, true],
    ]);
    expect(rows.flatMap((row) => [...unpacked(row)])).toEqual(records);
  });
});
