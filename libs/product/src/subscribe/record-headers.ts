/** A header as the client hands it over. */
export type HeaderEntry = readonly [name: Buffer, value: Buffer | null];

const NOTHING = Buffer.alloc(0);
const known = new Map<string, Buffer>();

/**
 * The headers of a record, found where they stand. A record has eleven, of which a consumer asks for seven: a map of them, with
 * their names as text, was a tenth of what reading cost, and most of what the collector had to take away.
 */
export class RecordHeaders implements Iterable<[string, Buffer]> {
  readonly #entries: readonly HeaderEntry[];

  constructor(entries: readonly HeaderEntry[]) {
    this.#entries = entries;
  }

  /** The last of a name, as it would be in a map. */
  get(name: string): Buffer | undefined {
    const bytes = bytesOf(name);
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      const [own, value] = this.#entries[at]!;
      if (isSame(own, bytes)) return value ?? NOTHING;
    }
    return undefined;
  }

  /** Each name once. */
  [Symbol.iterator](): Iterator<[string, Buffer]> {
    const all = this.#entries.map(([name, value]): [string, Buffer] => [
      name.toString('utf8'),
      value ?? NOTHING,
    ]);
    return new Map(all).entries();
  }
}

function bytesOf(name: string): Buffer {
  let bytes = known.get(name);
  if (bytes === undefined) known.set(name, (bytes = Buffer.from(name, 'utf8')));
  return bytes;
}

/** From the end: names that begin with `ce_` and are as long differ there. */
function isSame(a: Buffer, b: Buffer): boolean {
  let at = a.length;
  if (at !== b.length) return false;
  while (at > 0 && a[at - 1] === b[at - 1]) at--;
  return at === 0;
}
