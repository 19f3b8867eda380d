import {
  compressionsAlgorithmsByBitmask,
  CURRENT_RECORD_VERSION,
  IS_COMPRESSED,
  IS_CONTROL,
  Reader,
  readRecordsBatch,
} from '@platformatic/kafka';
import type { RecordsBatch } from '@platformatic/kafka';

import { readVarint, readVarlong, varintEnd } from './record-batch.js';
import { RecordHeaders } from './record-headers.js';

/** A record as it was fetched: bytes, which stand where the broker's answer was put, and its headers. */
export type FetchedRecord = {
  topic: string;
  partition: number;
  offset: bigint;
  /** Milliseconds since 1970. */
  timestamp: bigint;
  key: Buffer | null | undefined;
  value: Buffer | null | undefined;
  headers: RecordHeaders;
};

// Kafka protocol guide, "Record Batch": where its length stands and is counted from, and where its records begin.
const LENGTH_AT = 8;
const LENGTH_FROM = 12;
const FORMAT_AT = 16;
const COUNT_AT = 57;
const RECORDS_AT = 61;

/**
 * One batch of the broker's answer, of which each record is read when it is asked for. The client makes some 60 objects of
 * a record before anybody asks for one (ADR 037).
 */
export class FetchedBatch {
  readonly #bytes: Buffer;
  readonly #offset: bigint;
  readonly #timestamp: bigint;
  #at = 0;
  #left: number;
  #from = 0n;

  /** `bytes`: so many records as they stand behind the head of a batch. */
  constructor(
    bytes: Buffer,
    count: number,
    { firstOffset, firstTimestamp }: Pick<RecordsBatch, 'firstOffset' | 'firstTimestamp'>,
  ) {
    this.#bytes = bytes;
    this.#left = count;
    this.#offset = firstOffset;
    this.#timestamp = firstTimestamp;
  }

  /** The broker answers with whole batches: what of it was fetched begins here. */
  beginAt(offset: bigint): void {
    this.#from = offset;
  }

  /** The next of its records; null behind the last. */
  next(topic: string, partition: number): FetchedRecord | null {
    while (this.#left > 0) {
      const record = this.#read(topic, partition);
      if (record.offset >= this.#from) return record;
    }
    return null;
  }

  /** Kafka protocol guide, "Record": length, attributes, timestamp, offset, key, value, number of headers, headers. */
  #read(topic: string, partition: number): FetchedRecord {
    const bytes = this.#bytes;
    const start = varintEnd(bytes, this.#at);
    const end = start + readVarint(bytes, this.#at);
    const timeAt = start + 1;
    const offsetAt = varintEnd(bytes, timeAt);
    const keyAt = varintEnd(bytes, offsetAt);
    const keyLength = readVarint(bytes, keyAt);
    const key = varintEnd(bytes, keyAt);
    const valueAt = key + Math.max(keyLength, 0);
    const valueLength = readVarint(bytes, valueAt);
    const value = varintEnd(bytes, valueAt);
    const headersAt = value + Math.max(valueLength, 0);
    const later = readVarlong(bytes, timeAt);
    this.#at = end;
    this.#left--;
    return {
      topic,
      partition,
      offset: this.#offset + BigInt(readVarint(bytes, offsetAt)),
      timestamp: later === 0 ? this.#timestamp : this.#timestamp + BigInt(later),
      key: keyLength < 0 ? null : bytes.subarray(key, valueAt),
      value: valueLength < 0 ? null : bytes.subarray(value, headersAt),
      headers: new RecordHeaders(bytes, varintEnd(bytes, headersAt), end),
    };
  }
}

/**
 * The whole batches in what a fetch brought of a partition; one that is cut off is asked for again. Each as the client has it,
 * but that all its records are one, whose value is a `FetchedBatch`.
 * @throws Error for a batch of before Kafka 0.11, and for a compression that the client does not know
 */
export function batchesIn(bytes: Buffer): RecordsBatch[] {
  const batches: RecordsBatch[] = [];
  for (let at = 0; bytes.length - at >= RECORDS_AT;) {
    const end = at + LENGTH_FROM + bytes.readInt32BE(at + LENGTH_AT);
    if (end > bytes.length) break;
    batches.push(batchOf(bytes.subarray(at, end)));
    at = end;
  }
  return batches;
}

function batchOf(bytes: Buffer): RecordsBatch {
  if (bytes[FORMAT_AT] !== CURRENT_RECORD_VERSION)
    throw new Error(`a batch of format ${bytes[FORMAT_AT]} cannot be read`);
  const batch = headOf(bytes);
  // The client looks into the markers of transactions, and hands out none of them.
  if (batch.attributes & IS_CONTROL) return readRecordsBatch(Reader.from(bytes));
  const count = bytes.readInt32BE(COUNT_AT);
  if (count > 0)
    batch.records.push(allAsOne(batch, new FetchedBatch(recordsOf(batch, bytes), count, batch)));
  return batch;
}

/** It stands where the last of them does: the client leaves out what comes before the offset that was asked for. */
const allAsOne = ({ lastOffsetDelta }: RecordsBatch, records: FetchedBatch) => ({
  ...{ length: 0, attributes: 0, timestampDelta: 0n, offsetDelta: lastOffsetDelta },
  ...{ key: null, value: records as unknown as Buffer, headers: [] },
});

function headOf(bytes: Buffer): RecordsBatch {
  const head = Reader.from(bytes.subarray(0, RECORDS_AT));
  return {
    firstOffset: head.readInt64(),
    length: head.readInt32(),
    partitionLeaderEpoch: head.readInt32(),
    magic: head.readInt8(),
    crc: head.readUnsignedInt32(),
    attributes: head.readInt16(),
    lastOffsetDelta: head.readInt32(),
    firstTimestamp: head.readInt64(),
    maxTimestamp: head.readInt64(),
    producerId: head.readInt64(),
    producerEpoch: head.readInt16(),
    firstSequence: head.readInt32(),
    records: [],
  };
}

function recordsOf({ attributes }: RecordsBatch, bytes: Buffer): Buffer {
  const records = bytes.subarray(RECORDS_AT);
  const compression = attributes & IS_COMPRESSED;
  if (compression === 0) return records;
  const algorithm = compressionsAlgorithmsByBitmask[compression];
  if (!algorithm) throw new Error(`a batch under compression ${compression} cannot be read`);
  return algorithm.decompressSync(records);
}
