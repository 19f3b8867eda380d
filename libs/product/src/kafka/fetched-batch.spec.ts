import { createRecordsBatch, Reader, readRecordsBatch } from '@platformatic/kafka';
import type { CompressionAlgorithmValue, MessageRecord } from '@platformatic/kafka';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { batchesIn, FetchedBatch } from './fetched-batch.js';
import type { FetchedRecord } from './fetched-batch.js';

const START = 1_760_000_000_000n;
const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));

const record = fc.record({
  key: bytes(80),
  value: fc.option(bytes(400)),
  headers: fc.array(fc.tuple(fc.string({ maxLength: 20 }), bytes(200)), { maxLength: 12 }),
  // A source may say a time of its own: long before the first, or long after.
  timestamp: fc.bigInt({ min: START - 10_000_000_000n, max: START + 10_000_000_000n }),
});
const records = fc.array(record, { minLength: 1, maxLength: 60 });
const compression = fc.constantFrom<CompressionAlgorithmValue>('none', 'gzip', 'snappy', 'lz4');

type One = {
  key: Buffer;
  value: Buffer | null;
  headers: [string, Buffer][];
  timestamp: bigint;
};

function batchOf(all: readonly One[], compression: CompressionAlgorithmValue, offset = 0n): Buffer {
  const messages = all.map(({ headers, value, ...one }) => ({
    ...one,
    topic: 't',
    value: value as Buffer,
    headers: new Map(headers.map(([name, bytes]) => [Buffer.from(name), bytes])),
  })) as MessageRecord[];
  const batch = createRecordsBatch(messages, { compression }).buffer;
  batch.writeBigInt64BE(offset, 0);
  return batch;
}

function allOf(bytes: Buffer): FetchedRecord[] {
  return batchesIn(bytes).flatMap(({ records: [carrier] }) => readAll(fetched(carrier)));
}

const fetched = (carrier: { value: unknown } | undefined) => carrier!.value as FetchedBatch;

function readAll(batch: FetchedBatch): FetchedRecord[] {
  const all: FetchedRecord[] = [];
  for (let one = batch.next('t', 3); one !== null; one = batch.next('t', 3)) all.push(one);
  return all;
}

describe('a batch as it was fetched', () => {
  it('holds the records that the client reads out of it, in every compression it knows', () => {
    fc.assert(
      fc.property(records, compression, fc.bigInt({ min: 0n, max: 1n << 50n }), (all, how, at) => {
        const bytes = batchOf(all, how, at);
        const { firstTimestamp, records } = readRecordsBatch(Reader.from(bytes));
        const read = allOf(bytes);
        expect(read).toHaveLength(all.length);
        for (const [index, one] of records.entries()) {
          const { headers, key, value, ...place } = read[index]!;
          expect(place).toEqual({
            ...{ topic: 't', partition: 3, offset: at + BigInt(one.offsetDelta) },
            timestamp: firstTimestamp + one.timestampDelta,
          });
          expect(key).toEqual(one.key);
          expect(value).toEqual(one.value);
          const names = one.headers.map(([name, text]) => [name!.toString(), text]);
          expect([...headers]).toEqual([...new Map(names as [string, Buffer][])]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is told as the last of its records, so that the client fetches on behind it', () => {
    fc.assert(
      fc.property(records, (all) => {
        const [batch] = batchesIn(batchOf(all, 'none', 500n));
        expect(batch).toMatchObject({ firstOffset: 500n, lastOffsetDelta: all.length - 1 });
        expect(batch!.records.map(({ offsetDelta }) => offsetDelta)).toEqual([all.length - 1]);
      }),
      { numRuns: 20 },
    );
  });

  it('begins where it was asked for, whatever it holds before that', () => {
    fc.assert(
      fc.property(records, fc.nat(70), (all, from) => {
        const batch = fetched(batchesIn(batchOf(all, 'none', 100n))[0]!.records[0]);
        batch.beginAt(100n + BigInt(from));
        const offsets = readAll(batch).map(({ offset }) => Number(offset) - 100);
        expect(offsets).toEqual(all.flatMap((_, at) => (at >= from ? [at] : [])));
      }),
      { numRuns: 30 },
    );
  });

  it('is left out where the answer ends within it', () => {
    fc.assert(
      fc.property(records, records, fc.nat(), (first, second, cut) => {
        const whole = batchOf(first, 'none');
        const next = batchOf(second, 'none', BigInt(first.length));
        const part = next.subarray(0, cut % next.length);
        expect(batchesIn(Buffer.concat([whole, part]))).toHaveLength(1);
        expect(allOf(Buffer.concat([whole, next]))).toHaveLength(first.length + second.length);
      }),
      { numRuns: 20 },
    );
  });

  it('gives nothing where all that it held was compacted away', () => {
    const emptied = batchOf([one()], 'none').subarray(0, 61);
    emptied.writeInt32BE(49, 8);
    emptied.writeInt32BE(0, 57);
    expect(batchesIn(emptied)).toMatchObject([{ lastOffsetDelta: 0, records: [] }]);
  });

  it('of a format from before headers were is refused', () => {
    const old = batchOf([one()], 'none');
    old[16] = 1;
    expect(() => batchesIn(old)).toThrow('a batch of format 1 cannot be read');
  });
});

const one = (): One => ({
  ...{ key: Buffer.from('k'), value: Buffer.from('v'), headers: [] },
  timestamp: START,
});
