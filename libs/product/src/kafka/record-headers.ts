import { MAX_VARINT, readVarint, varintEnd, writeBytes, writeVarint } from './record-batch.js';

/** A header as a record has it. */
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
 * The headers of a record, found where they stand: one behind the other, each name and each value behind its length. A
 * record has eleven: a map of them, with their names as text, was a tenth of what reading cost, and an object for each, held until
 * the batch is settled, most of what the collector had to copy for each record (ADR 033).
 */
export class RecordHeaders implements Iterable<[string, Buffer]> {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;

  /** They begin and end there in `bytes`. */
  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** The same headers as a record would have them. */
  static of(entries: readonly HeaderEntry[]): RecordHeaders {
    const parts = entries.flat();
    const most = parts.reduce((sum, part) => sum + MAX_VARINT + (part?.length ?? 0), 0);
    const bytes = Buffer.allocUnsafe(most);
    let at = 0;
    for (const part of parts)
      at = part === null ? writeVarint(bytes, at, ABSENT) : writeBytes(bytes, at, part);
    return new RecordHeaders(bytes, 0, at);
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
    for (let at = this.#start; at < this.#end;) {
      const name = varintEnd(bytes, at);
      const nameEnd = name + readVarint(bytes, at);
      const value = varintEnd(bytes, nameEnd);
      const valueEnd = value + Math.max(readVarint(bytes, nameEnd), 0);
      visit(bytes, name, nameEnd, value, valueEnd);
      at = valueEnd;
    }
  }
}

/** From the end: names that begin with `ce_` and are as long differ there. */
function standsAt(bytes: Buffer, start: number, name: Buffer): boolean {
  let at = name.length;
  while (at > 0 && bytes[start + at - 1] === name[at - 1]) at--;
  return at === 0;
}
