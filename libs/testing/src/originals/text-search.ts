/** How many first bytes of a text are looked up while bytes run past. */
const PREFIX = 4;
const FILTER_BITS = 20;

/**
 * Which of many texts occur in given bytes, in one pass however many they are: the last four bytes are kept as one number,
 * looked up in a table of bits, and only what passes there is compared. Texts shorter than four bytes are refused.
 */
export class TextSearch {
  readonly #filter = new Uint8Array(1 << FILTER_BITS);
  /** By the first four bytes, then by length. */
  readonly #texts = new Map<number, Map<number, Set<string>>>();
  #size = 0;

  constructor(texts: Iterable<string> = []) {
    for (const text of texts) this.add(text);
  }

  get size(): number {
    return this.#size;
  }

  /** @throws RangeError for a text of fewer than four bytes */
  add(text: string): void {
    const bytes = Buffer.from(text);
    if (bytes.length < PREFIX) throw new RangeError(`${bytes.length} bytes are too few to find`);
    const prefix = bytes.readUInt32BE(0);
    const lengths = this.#texts.get(prefix) ?? new Map<number, Set<string>>();
    const known = lengths.get(bytes.length) ?? new Set<string>();
    // Bytes as Latin-1, one character each: cut out of the haystack as cheaply as can be.
    const latin = bytes.toString('latin1');
    if (!known.has(latin)) this.#size += 1;
    this.#filter[slotOf(prefix)] = 1;
    this.#texts.set(prefix, lengths.set(bytes.length, known.add(latin)));
  }

  /** The texts that occur in the bytes. A number of digits alone counts only where no further digit touches it, if asked so. */
  foundIn(bytes: Buffer, { digitsWhole = false } = {}): Set<string> {
    const found = new Set<string>();
    let last = 0;
    for (let end = 0; end < bytes.length; end++) {
      last = ((last << 8) | bytes[end]!) >>> 0;
      if (end < PREFIX - 1 || this.#filter[slotOf(last)] === 0) continue;
      const start = end - PREFIX + 1;
      for (const [length, known] of this.#texts.get(last) ?? []) {
        const text = bytes.toString('latin1', start, start + length);
        if (!known.has(text)) continue;
        if (digitsWhole && /^\d+$/.test(text) && touchesDigit(bytes, start, length)) continue;
        found.add(Buffer.from(text, 'latin1').toString());
      }
    }
    return found;
  }
}

const slotOf = (prefix: number): number => Math.imul(prefix, 0x9e3779b1) >>> (32 - FILTER_BITS);

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 48 && byte <= 57;
const touchesDigit = (bytes: Buffer, start: number, length: number): boolean =>
  isDigit(bytes[start - 1]) || isDigit(bytes[start + length]);
