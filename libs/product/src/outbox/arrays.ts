/** Type of a `bytea` element, as PostgreSQL numbers its own types (`pg_type.dat`). */
const BYTEA = 17;
const HEADER_BYTES = 20;

/**
 * A `bytea[]` parameter in PostgreSQL's binary format (`array_recv`: dimensions, whether there are nulls, element type,
 * size, lower bound, then each element behind its length). As text every byte is two digits, written here and read there.
 */
export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  let size = HEADER_BYTES;
  let nulls = 0;
  for (const value of values) {
    size += 4 + (value?.length ?? 0);
    if (value === null) nulls = 1;
  }
  const array = Buffer.allocUnsafe(size);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(nulls, 4);
  array.writeInt32BE(BYTEA, 8);
  array.writeInt32BE(values.length, 12);
  array.writeInt32BE(1, 16);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = array.writeInt32BE(value?.length ?? -1, at);
    if (value === null) continue;
    array.set(value, at);
    at += value.length;
  }
  return array;
}

/** A `text[]` or number array literal of values that need no quoting (keys, numbers, hex); null stays null. */
export function plainArray(values: readonly (string | number | boolean | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}
