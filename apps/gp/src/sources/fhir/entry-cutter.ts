import { parseJson } from './text.js';

/** One element of a Bundle's `entry`, as its bytes stand there; only the beginning of one that is too long. */
export type Slice = { bytes: Buffer; tooLong: boolean };
/** What stands around the entries, with `"entry":[]` in their place. */
export type Outline = { bytes: Buffer; whole: boolean };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Longest outline kept: a Bundle's own elements are a few hundred bytes. */
const OUTLINE_MAX = 1024 * 1024;
/** Kept of an entry that is too long. */
const KEPT = 1024;
const TAIL = 80;
const NAMED_ENTRY = /[{,]\s*"entry"\s*:\s*\[$/;

/**
 * Cuts the text of a large Bundle into the texts of its entries as its bytes come, so that each is parsed on its own:
 * one that is broken, too long or nested without end costs neither its neighbours nor memory. Only quotes and
 * brackets are looked at; whether a text is JSON is for the parser to say.
 */
export class EntryCutter {
  private depth = 0;
  private quoted = false;
  private escaped = false;
  private inEntries = false;
  /** Found out once: for each of many lists the outline would be read anew, minutes for one of a megabyte. */
  private otherKind: boolean | undefined;
  private readonly outline = new Kept(OUTLINE_MAX);
  private entry: Kept;

  constructor(private readonly entryMax: number) {
    this.entry = new Kept(entryMax);
  }

  /** The entries that `chunk` completes. */
  push(chunk: Buffer): Slice[] {
    const done: Slice[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.quoted) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) this.quoted = false;
      } else if (byte === QUOTE) {
        this.quoted = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        this.depth++;
        if (byte === OPEN_LIST && this.depth === 2 && !this.inEntries)
          from = this.open(chunk, from, at + 1);
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        this.depth--;
        if (this.inEntries && this.depth < 2) {
          done.push(...this.finish(chunk.subarray(from, at)));
          this.inEntries = false;
          from = at;
        }
      } else if (byte === COMMA && this.inEntries && this.depth === 2) {
        done.push(...this.finish(chunk.subarray(from, at)));
        from = at + 1;
      }
    }
    this.keep(chunk.subarray(from));
    return done;
  }

  /** What is left when no more comes: an entry cut short, and what stood around the entries. */
  end(): { rest: Slice | undefined; outline: Outline } {
    const rest = this.inEntries ? this.finish(Buffer.alloc(0))[0] : undefined;
    const { bytes, tooLong } = this.outline.take();
    return { rest, outline: { bytes, whole: !tooLong } };
  }

  /** A list of the outermost object begins: is it that of the entries? Where the bytes not yet kept begin then. */
  private open(chunk: Buffer, from: number, to: number): number {
    this.keep(chunk.subarray(from, to));
    this.inEntries = NAMED_ENTRY.test(this.outline.tail()) && !this.isOfOtherKind();
    return to;
  }

  /** True if what came before the first list of that name says that this is no Bundle (a List has an `entry` too). */
  private isOfOtherKind(): boolean {
    this.otherKind ??= this.saysOtherKind();
    return this.otherKind;
  }

  private saysOtherKind(): boolean {
    const before = parseJson(Buffer.concat([this.outline.bytes(), Buffer.from(']}')]));
    if (!('value' in before)) return false;
    const { resourceType = 'Bundle' } = before.value as { resourceType?: unknown };
    return resourceType !== 'Bundle';
  }

  private keep(bytes: Buffer): void {
    if (bytes.length > 0) (this.inEntries ? this.entry : this.outline).add(bytes);
  }

  /** Nothing for an empty list or the white space at its end. */
  private finish(last: Buffer): Slice[] {
    this.entry.add(last);
    const slice = this.entry.take();
    return slice.bytes.every((byte) => byte <= 0x20) ? [] : [slice];
  }
}

/** Bytes put together, of which no more than `max` are held. */
class Kept {
  private pieces: Buffer[] = [];
  private last: Buffer = Buffer.alloc(0);
  private size = 0;

  constructor(private readonly max: number) {}

  add(bytes: Buffer): void {
    const before = this.size;
    this.size += bytes.length;
    this.last =
      bytes.length >= TAIL
        ? bytes.subarray(-TAIL)
        : Buffer.concat([this.last, bytes]).subarray(-TAIL);
    if (this.size <= this.max) this.pieces.push(bytes);
    else if (before <= this.max)
      this.pieces = [Buffer.from(Buffer.concat([...this.pieces, bytes]).subarray(0, KEPT))];
  }

  bytes(): Buffer {
    if (this.pieces.length > 1) this.pieces = [Buffer.concat(this.pieces)];
    return this.pieces[0] ?? Buffer.alloc(0);
  }

  /** The last characters, long enough for a name before a list. */
  tail(): string {
    return this.size > this.max ? '' : this.last.toString('latin1');
  }

  take(): Slice {
    const taken = { bytes: this.bytes(), tooLong: this.size > this.max };
    this.pieces = [];
    this.size = 0;
    this.last = Buffer.alloc(0);
    return taken;
  }
}
