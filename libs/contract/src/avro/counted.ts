import avsc from 'avsc';

/** What avsc reads bytes through; nothing of it throws where the bytes end before what is read. */
type Tap = {
  buf: Uint8Array;
  readLong(): number;
  skipLong(): void;
  readString(): string;
};
type Reading = { _read(tap: Tap): unknown };

/** Items that take no bytes (of a record without fields) can be more than there are bytes; so many nobody has. */
const MOST_WITHOUT_BYTES = 1_000;

/**
 * For avsc's `typeHook`: lists and maps that read no more items than there are bytes. The library's own believe the count that stands
 * before the items: five bytes that say two thousand million made them fill the memory of whoever read, before anybody found that
 * nothing follows.
 */
export function countedType(
  schema: avsc.Schema,
  options: avsc.ForSchemaOptions,
): avsc.Type | undefined {
  if (typeof schema !== 'object' || !('type' in schema)) return undefined;
  if (schema.type === 'array') return new CountedList(schema, options);
  return schema.type === 'map' ? new CountedMap(schema, options) : undefined;
}

/** A resolver, which reads what another version wrote, takes `_read` over and has items of its own: so it is theirs that are read. */
class CountedList extends avsc.types.ArrayType {
  _read(this: { itemsType: Reading }, tap: Tap): unknown[] {
    const items: unknown[] = [];
    for (let left = counted(tap, 0); left > 0; left = counted(tap, items.length))
      for (; left > 0; left--) items.push(this.itemsType._read(tap));
    return items;
  }
}

class CountedMap extends avsc.types.MapType {
  _read(this: { valuesType: Reading }, tap: Tap): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (let left = counted(tap, 0); left > 0; left = counted(tap, entries.length))
      for (; left > 0; left--) entries.push([tap.readString(), this.valuesType._read(tap)]);
    return Object.fromEntries(entries);
  }
}

/** How many items the next block has (Avro 1.12, "Arrays": below zero, with the bytes they take); 0 behind the last. */
function counted(tap: Tap, before: number): number {
  const count = tap.readLong();
  if (count < 0) tap.skipLong();
  const items = Math.abs(count);
  if (before + items > Math.max(tap.buf.length, MOST_WITHOUT_BYTES))
    throw new RangeError('a list says that it has more items than there are bytes');
  return items;
}
