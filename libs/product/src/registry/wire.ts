import type { Type } from 'avsc';

/** Confluent wire format: a zero byte, the schema id as four bytes, big-endian, then Avro. */
const WIRE_PREFIX_BYTES = 5;
const MAGIC = 0x00;

/** The bytes of a record as they stand in a topic. Throws what avsc throws if the record does not fit. */
export function encodeWire(schemaId: number, type: Type, record: unknown): Buffer {
  return withSchemaId(schemaId, type.toBuffer(record));
}

/** Avro bytes with the prefix of the wire format. */
export function withSchemaId(schemaId: number, avro: Uint8Array): Buffer {
  const wire = Buffer.allocUnsafe(WIRE_PREFIX_BYTES + avro.length);
  wire[0] = MAGIC;
  wire.writeUInt32BE(schemaId, 1);
  wire.set(avro, WIRE_PREFIX_BYTES);
  return wire;
}

/** Schema id and Avro bytes of a value; null if it does not begin as the wire format does. */
export function splitWire(value: Uint8Array): { schemaId: number; avro: Buffer } | null {
  if (value.length < WIRE_PREFIX_BYTES || value[0] !== MAGIC) return null;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { schemaId: bytes.readUInt32BE(1), avro: bytes.subarray(WIRE_PREFIX_BYTES) };
}
