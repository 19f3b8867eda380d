import { crc32c } from '@platformatic/kafka';

/**
 * Kafka's record batch, format 2, written flat into one buffer. A general client spends most of its time on
 * headers; here a record's key, value and headers are encoded once (`recordBody`) and the same bytes serve
 * every topic and every attempt.
 */

/** One header as bytes. */
export type HeaderBytes = readonly [key: Uint8Array, value: Uint8Array];

/** Who sends a batch: the identity a broker gave, and the sequence of the first record in the partition. */
export type BatchSender = { producerId: bigint; producerEpoch: number; baseSequence: number };

// Offsets within a batch: 8 base offset, 4 length, 4 leader epoch, 1 magic, 4 CRC, then the part under the CRC.
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const HEADER_BYTES = 61;
/** Most bytes of a varint of 32 bits. */
export const MAX_VARINT = 5;

/** The bytes that `value` takes as a zigzag varint. */
export function varintSize(value: number): number {
  let left = ((value << 1) ^ (value >> 31)) >>> 0;
  let size = 1;
  while (left > 0x7f) {
    left >>>= 7;
    size++;
  }
  return size;
}

/** Writes a zigzag varint; answers the position after it. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let left = ((value << 1) ^ (value >> 31)) >>> 0;
  let position = at;
  while (left > 0x7f) {
    target[position++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  target[position++] = left;
  return position;
}

/** The zigzag varint that stands at a position; `varintSize` of it is how far it goes. */
export function readVarint(source: Uint8Array, at: number): number {
  let read = 0;
  let position = at;
  for (let shift = 0; shift < 7 * MAX_VARINT; shift += 7) {
    const byte = source[position++] ?? 0;
    read |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return (read >>> 1) ^ -(read & 1);
}

/** Where the varint that stands at a position ends. */
export function varintEnd(source: Uint8Array, at: number): number {
  let position = at;
  while ((source[position] ?? 0) > 0x7f) position++;
  return position + 1;
}

/** The same of 64 bits, as far as a number is exact: a time in milliseconds is. */
export function readVarlong(source: Uint8Array, at: number): number {
  let read = 0;
  let worth = 1;
  for (let position = at; ; position++, worth *= 0x80) {
    const byte = source[position] ?? 0;
    read += (byte & 0x7f) * worth;
    if (byte < 0x80) break;
  }
  return read % 2 === 0 ? read / 2 : -(read + 1) / 2;
}

/** Key, value (null: a tombstone) and headers as they stand in a record. */
export function recordBody(
  key: Uint8Array,
  value: Uint8Array | null,
  headers: readonly HeaderBytes[],
): Buffer {
  let headerBytes = 0;
  for (const [name, content] of headers) {
    headerBytes +=
      varintSize(name.length) + name.length + varintSize(content.length) + content.length;
  }
  const body = Buffer.allocUnsafe(key.length + (value?.length ?? 0) + headerBytes + 3 * MAX_VARINT);
  let at = writeBytes(body, 0, key);
  at = value === null ? writeVarint(body, at, -1) : writeBytes(body, at, value);
  at = writeVarint(body, at, headers.length);
  for (const [name, content] of headers) at = writeBytes(body, writeBytes(body, at, name), content);
  return body.subarray(0, at);
}

/** Length-prefixed bytes; answers the position after them. */
export function writeBytes(target: Buffer, at: number, bytes: Uint8Array): number {
  const start = writeVarint(target, at, bytes.length);
  target.set(bytes, start);
  return start + bytes.length;
}

/** A whole batch of one partition. All records carry the time of sending, as `CreateTime`. */
export function recordBatch(
  bodies: readonly Uint8Array[],
  sender: BatchSender,
  now: number,
): Buffer {
  let size = HEADER_BYTES;
  for (let i = 0; i < bodies.length; i++) {
    const inner = 2 + varintSize(i) + bodies[i]!.length;
    size += varintSize(inner) + inner;
  }
  const batch = Buffer.allocUnsafe(size);
  let at = HEADER_BYTES;
  for (let i = 0; i < bodies.length; i++) {
    const body = bodies[i]!;
    at = writeVarint(batch, at, 2 + varintSize(i) + body.length);
    batch[at++] = 0; // attributes, unused
    batch[at++] = 0; // timestamp delta
    at = writeVarint(batch, at, i);
    batch.set(body, at);
    at += body.length;
  }
  writeHeader(batch, bodies.length, sender, BigInt(now));
  return batch;
}

function writeHeader(batch: Buffer, count: number, sender: BatchSender, now: bigint): void {
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch[16] = 2;
  batch.writeInt16BE(0, ATTRIBUTES_AT);
  batch.writeInt32BE(count - 1, 23);
  batch.writeBigInt64BE(now, 27);
  batch.writeBigInt64BE(now, 35);
  batch.writeBigInt64BE(sender.producerId, 43);
  batch.writeInt16BE(sender.producerEpoch, 51);
  batch.writeInt32BE(sender.baseSequence, 53);
  batch.writeInt32BE(count, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)) >>> 0, CRC_AT);
}
