import { readVarint, varintSize, writeVarint } from '../kafka/record-batch.js';

/** A header as the client hands it over. */
export type HeaderEntry = readonly [name: Buffer, value: Buffer | null];

/** Where a header stands: from here to there its name, and its value. */
type Visit = (
  bytes: Buffer,
  name: number,
  nameEnd: number,
  value: number,
  valueEnd: number,
) => void;

/** Kafka's length of what is not there. */
const ABSENT = -1;

/** Names of headers that are asked for together, found among those of a record in one pass over it. */
export class HeaderNames {
  readonly #count: number;
  readonly #byLength: { bytes: Buffer; place: number }[][] = [];

  constructor(names: readonly string[]) {
    this.#count = names.length;
    for (const [place, name] of names.entries()) {
      const bytes = Buffer.from(name, 'utf8');
      (this.#byLength[bytes.length] ??= []).push({ bytes, place });
    }
  }

  /** Of each the text of its last header, in the order of the names; null where there is none. */
  textsIn(headers: RecordHeaders): (string | null)[] {
    const texts = new Array<string | null>(this.#count).fill(null);
    headers.visit((bytes, name, nameEnd, value, valueEnd) => {
      const place = this.#placeOf(bytes, name, nameEnd);
      if (place >= 0) texts[place] = bytes.toString('utf8', value, valueEnd);
    });
    return texts;
  }

  #placeOf(bytes: Buffer, name: number, nameEnd: number): number {
    const asLong = this.#byLength[nameEnd - name];
    if (asLong === undefined) return -1;
    for (const one of asLong) if (standsAt(bytes, name, one.bytes)) return one.place;
    return -1;
  }
}

/**
 * The headers of a record, found where they stand: one behind the other as in the record, each value and each name but the first
 * behind its length. A record has eleven: a map of them, with their names as text, was a tenth of what reading cost; and the client's 33 objects for them, held until the batch is settled, were most of what the collector
 * had to copy for each record (ADR 033).
 */
export class RecordHeaders implements Iterable<[string, Buffer]> {
  readonly #bytes: Buffer;
  readonly #firstName: number;

  constructor(entries: readonly HeaderEntry[]) {
    this.#firstName = entries[0]?.[0].length ?? 0;
    this.#bytes = whereTheyStand(entries) ?? copied(entries);
  }

  /** Each name once. */
  [Symbol.iterator](): Iterator<[string, Buffer]> {
    const all = new Map<string, Buffer>();
    this.visit((bytes, name, nameEnd, value, valueEnd) =>
      all.set(bytes.toString('utf8', name, nameEnd), bytes.subarray(value, valueEnd)),
    );
    return all.entries();
  }

  /** Each where it stands, in the order of the record. */
  visit(visit: Visit): void {
    const bytes = this.#bytes;
    let name = this.#firstName;
    for (let at = 0; at < bytes.length;) {
      const nameEnd = at + name;
      const length = readVarint(bytes, nameEnd);
      const value = nameEnd + varintSize(length);
      const valueEnd = value + Math.max(length, 0);
      visit(bytes, at, nameEnd, value, valueEnd);
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
  if (entries.length === 0) return null;
  const [first] = entries[0]!;
  const [lastName, lastValue] = entries[entries.length - 1]!;
  // What stands in the first piece and in a later one has something in between that stands in both, and so in a copy.
  if ((lastValue ?? lastName).buffer !== first.buffer) return null;
  const piece = pieceOf(first.buffer);
  let at = first.byteOffset + first.length;
  for (let index = 0; index < entries.length; index++) {
    const [name, value] = entries[index]!;
    if (index > 0) at = behind(name, piece, at);
    if (at >= 0) at = behind(value, piece, at);
    if (at < 0) return null;
  }
  return piece.subarray(first.byteOffset, at);
}

/** Where what is next ends, if it stands here behind its length, or else less than 0. */
function behind(own: Buffer | null, piece: Buffer, at: number): number {
  const length = own === null ? ABSENT : own.length;
  if (readVarint(piece, at) !== length) return -1;
  const start = at + varintSize(length);
  if (own === null) return start;
  return own.byteOffset === start ? start + length : -1;
}

let lastPiece: Buffer = Buffer.alloc(0);

/** Records that come one after the other stand in one piece mostly. */
function pieceOf(buffer: ArrayBufferLike): Buffer {
  if (lastPiece.buffer !== buffer) lastPiece = Buffer.from(buffer);
  return lastPiece;
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

/** From the end: names that begin with `ce_` and are as long differ there. */
function standsAt(bytes: Buffer, start: number, name: Buffer): boolean {
  let at = name.length;
  while (at > 0 && bytes[start + at - 1] === name[at - 1]) at--;
  return at === 0;
}
