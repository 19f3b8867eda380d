import { crc32c, Reader, readRecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { recordBatch, recordBody, varintSize, writeVarint } from './record-batch.js';

const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));

it('writes batches that the client library reads back, byte for byte', () => {
  const record = fc.record({
    key: bytes(80),
    value: fc.option(bytes(400)),
    headers: fc.array(fc.tuple(bytes(20), bytes(60)), { maxLength: 12 }),
  });
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 150 }), (records) => {
      const bodies = records.map(({ key, value, headers }) => recordBody(key, value, headers));
      const sender = { producerId: 77n, producerEpoch: 3, baseSequence: 1_000 };
      const batch = recordBatch(bodies, sender, 1_760_000_000_000);
      const read = readRecordsBatch(Reader.from(batch));
      expect(read.crc).toBe(crc32c(batch.subarray(21)) >>> 0);
      expect([read.producerId, read.producerEpoch, read.firstSequence]).toEqual([77n, 3, 1_000]);
      expect(read.length).toBe(batch.length - 12);
      expect(read.firstTimestamp).toBe(1_760_000_000_000n);
      expect(read.records).toHaveLength(records.length);
      for (const [i, { key, value, headers }] of records.entries()) {
        const one = read.records[i]!;
        expect(one.offsetDelta).toBe(i);
        expect(Buffer.from(one.key ?? []).equals(key)).toBe(true);
        expect(value === null ? one.value : Buffer.from(one.value ?? []).equals(value)).toBe(
          value === null ? one.value : true,
        );
        expect(one.headers).toHaveLength(headers.length);
      }
    }),
    { numRuns: 50 },
  );
});

it('writes zigzag varints of every size', () => {
  fc.assert(
    fc.property(fc.integer({ min: -0x3fffffff, max: 0x3fffffff }), (value) => {
      const target = Buffer.alloc(5);
      const end = writeVarint(target, 0, value);
      expect(end).toBe(varintSize(value));
      expect(Reader.from(target).readVarInt()).toBe(value);
    }),
  );
});
