import { readVarint, varintSize, writeVarint } from '../kafka/record-batch.js';

/** A header as the client hands it over. */
export type HeaderEntry = readonly [name: Buffer, value: Buffer | null];

/** Where a header stands: from here to there its name, and its value. */
type Visit = (name: number, nameEnd: number, value: number, valueEnd: number) => void;

/** Kafka's length of what is not there. */
const ABSENT = -1;

const known = new Map<string, Buffer>();

/**
 * The headers of a record, found where they stand: one behind the other as in the record, each value and each name but the first
 * behind its length. A record has eleven, of which a consumer asks for seven: a map of them, with their names as text, was a tenth
 * of what reading cost; and the client's 33 objects for them, held until the batch is settled, were most of what the collector
 * had to copy for each record (ADR 033).
 */
export class RecordHeaders implements Iterable<[string, Buffer]> {
  readonly #bytes: Buffer;
  readonly #firstName: number;

  constructor(entries: readonly HeaderEntry[]) {
    this.#firstName = entries[0]?.[0].length ?? 0;
    this.#bytes = whereTheyStand(entries) ?? copied(entries);
  }

  /** The last of a name, as it would be in a map. */
  get(name: string): Buffer | undefined {
    const asked = bytesOf(name);
    const bytes = this.#bytes;
    let from = -1;
    let to = -1;
    this.#each((at, end, value, valueEnd) => {
      if (end - at !== asked.length || !standsAt(bytes, at, asked)) return;
      from = value;
      to = valueEnd;
    });
    return from < 0 ? undefined : bytes.subarray(from, to);
  }

  /** Each name once. */
  [Symbol.iterator](): Iterator<[string, Buffer]> {
    const bytes = this.#bytes;
    const all = new Map<string, Buffer>();
    this.#each((at, end, value, valueEnd) =>
      all.set(bytes.toString('utf8', at, end), bytes.subarray(value, valueEnd)),
    );
    return all.entries();
  }

  #each(visit: Visit): void {
    const bytes = this.#bytes;
    let name = this.#firstName;
    for (let at = 0; at < bytes.length;) {
      const nameEnd = at + name;
      const length = readVarint(bytes, nameEnd);
      const value = nameEnd + varintSize(length);
      const valueEnd = value + Math.max(length, 0);
      visit(at, nameEnd, value, valueEnd);
      if (valueEnd === bytes.length) return;
      name = readVarint(bytes, valueEnd);
      at = valueEnd + varintSize(name);
    }
  }
}

/**
 * The bytes in which all of them stand, if they do: where two pieces of the broker's answer meet, the client has made a copy of what
 * stands in both. The lengths between them are read as well: buffers that only happen to lie so are not taken for a record's.
 */
function whereTheyStand(entries: readonly HeaderEntry[]): Buffer | null {
  const first = entries[0]?.[0];
  if (first === undefined) return null;
  const piece = Buffer.from(first.buffer);
  let at = first.byteOffset;
  const isNext = (own: Buffer | null): boolean => {
    if (own === null) return true;
    if (own.byteOffset !== at || own.buffer !== first.buffer) return false;
    at += own.length;
    return true;
  };
  const isBehindItsLength = (own: Buffer | null): boolean => {
    const length = own?.length ?? ABSENT;
    if (readVarint(piece, at) !== length) return false;
    at += varintSize(length);
    return isNext(own);
  };
  for (const [index, [name, value]] of entries.entries()) {
    const isThere = index === 0 ? isNext(name) : isBehindItsLength(name);
    if (!isThere || !isBehindItsLength(value)) return null;
  }
  return piece.subarray(first.byteOffset, at);
}

function copied(entries: readonly HeaderEntry[]): Buffer {
  const size = entries.reduce(
    (sum, [name, value]) =>
      sum +
      (varintSize(name.length) + name.length) +
      (varintSize(value?.length ?? ABSENT) + (value?.length ?? 0)),
    0,
  );
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [index, [name, value]] of entries.entries()) {
    if (index > 0) at = writeVarint(bytes, at, name.length);
    at += name.copy(bytes, at);
    at = writeVarint(bytes, at, value?.length ?? ABSENT);
    if (value !== null) at += value.copy(bytes, at);
  }
  return bytes.subarray(0, at);
}

function bytesOf(name: string): Buffer {
  let bytes = known.get(name);
  if (bytes === undefined) known.set(name, (bytes = Buffer.from(name, 'utf8')));
  return bytes;
}

/** From the end: names that begin with `ce_` and are as long differ there. */
function standsAt(bytes: Buffer, start: number, name: Buffer): boolean {
  let at = name.length;
  while (at > 0 && bytes[start + at - 1] === name[at - 1]) at--;
  return at === 0;
}
