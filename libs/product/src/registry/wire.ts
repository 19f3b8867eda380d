import type { Type } from 'avsc';

/** Confluent wire format: a zero byte, the schema id as four bytes, big-endian, then Avro. */
const WIRE_PREFIX_BYTES = 5;
const MAGIC = 0x00;

/** Where records are written before their size is known. Larger ones have a place of their own. */
const place = Buffer.allocUnsafe(65_536);

/**
 * The bytes of a record as they stand in a topic. Throws what avsc throws if the record does not fit.
 * Written behind its prefix at once: `toBuffer` fills a buffer with zeros, then with the record, and it is copied again.
 */
export function encodeWire(schemaId: number, type: Type, record: unknown): Buffer {
  const end = type.encode(record, place, WIRE_PREFIX_BYTES);
  // Negative: so many bytes were missing.
  if (end < 0) return withSchemaId(schemaId, type.toBuffer(record));
  const wire = Buffer.allocUnsafe(end);
  place.copy(wire, WIRE_PREFIX_BYTES, WIRE_PREFIX_BYTES, end);
  return prefixed(wire, schemaId);
}

/** Avro bytes with the prefix of the wire format. */
export function withSchemaId(schemaId: number, avro: Uint8Array): Buffer {
  const wire = Buffer.allocUnsafe(WIRE_PREFIX_BYTES + avro.length);
  wire.set(avro, WIRE_PREFIX_BYTES);
  return prefixed(wire, schemaId);
}

function prefixed(wire: Buffer, schemaId: number): Buffer {
  wire[0] = MAGIC;
  wire.writeUInt32BE(schemaId, 1);
  return wire;
}

/** The schema id of a value; null if it does not begin as the wire format does. */
export function schemaIdOf(value: Buffer): number | null {
  return value.length < WIRE_PREFIX_BYTES || value[0] !== MAGIC ? null : value.readUInt32BE(1);
}

/** Schema id and Avro bytes of a value; null if it does not begin as the wire format does. */
export function splitWire(value: Uint8Array): { schemaId: number; avro: Buffer } | null {
  if (value.length < WIRE_PREFIX_BYTES || value[0] !== MAGIC) return null;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { schemaId: bytes.readUInt32BE(1), avro: bytes.subarray(WIRE_PREFIX_BYTES) };
}
