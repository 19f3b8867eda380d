/** One record of the file as text, over one line or several, and its first line's number; `broken` says why it is none. */
export type RawRecord = {
  text: string;
  line: number;
  broken?: 'csvQuotingBroken' | 'itemTooLarge';
};
/** A line of the file, and its number from 1 as an editor shows it. */
type Line = { text: string; line: number };

/** A record with line breaks in its values: more lines than this, and the quote was left open by mistake. */
const MOST_LINES = 200;
/** Characters of one record; more, and the row is refused. */
const MOST_CHARACTERS = 256 * 1024;
/** Of a row that is refused for its length, what is kept. */
const KEPT_CHARACTERS = 1024;
const QUOTE = 34;

/**
 * Cuts text into records, in whatever pieces it comes.
 * A quoted value may hold line breaks, so an open quote waits for the line that closes it. If the lines put
 * together are no record, only the first is to blame and the others are read again on their own: a quote
 * left open costs one row and not the rest of the file.
 */
export class RecordCutter {
  #rest = '';
  #end = '';
  #skipping = false;
  #open: Line[] = [];
  #openLength = 0;
  #lines = 0;

  /** @param isRecord whether lines put together make a row of this table. */
  constructor(private readonly isRecord: (text: string) => boolean) {}

  /** Records as they are complete, one by one: what is made of the first (the header) decides on the next. */
  *take(text: string): Generator<RawRecord> {
    const all = this.#rest + text;
    this.#end ||= headerEndOf(all);
    if (this.#end || isTooLong(all)) yield* this.#cut(all);
    else this.#rest = all;
  }

  /** The end of the file: what is left is the last line, and an open quote stays open. */
  *end(): Generator<RawRecord> {
    if (!this.#end) yield* this.#cut(this.#rest);
    const out: RawRecord[] = [];
    if (this.#rest) this.#line(this.#rest, out);
    while (this.#open.length > 0) this.#blameFirst(out);
    yield* out;
  }

  *#cut(all: string): Generator<RawRecord> {
    this.#end ||= anyEndOf(all);
    const end = this.#end || '\n';
    const out: RawRecord[] = [];
    let from = 0;
    for (let to = all.indexOf(end); to >= 0; to = all.indexOf(end, from)) {
      this.#line(all.slice(from, to), out);
      from = to + 1;
      while (out.length > 0) yield out.shift()!;
    }
    this.#rest = all.slice(from);
    if (isTooLong(this.#rest)) this.#abandonLine(out);
    yield* out;
  }

  /** Of a line that is too long already nothing more is held. */
  #abandonLine(out: RawRecord[]): void {
    if (!this.#skipping) this.#tooLong({ text: this.#rest, line: this.#lines + 1 }, out);
    this.#skipping = true;
    this.#rest = '';
  }

  /** What was open before it stays open for ever: it could hold no line of this length. */
  #tooLong({ text, line }: Line, out: RawRecord[]): void {
    while (this.#open.length > 0) this.#blameFirst(out);
    out.push({ text: text.slice(0, KEPT_CHARACTERS), line, broken: 'itemTooLarge' });
  }

  #line(text: string, out: RawRecord[]): void {
    const line = ++this.#lines;
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    // Measured here too: that a line is too long must not depend on how its bytes arrive.
    if (isTooLong(text)) this.#tooLong({ text, line }, out);
    else this.#add({ text: this.#withoutEnd(text), line }, out);
  }

  /** Lines within quotes that end by `\r\n` are one break each, by whichever of the two the rows end. */
  #withoutEnd(text: string): string {
    if (this.#end === '\r') return this.#open.length > 0 ? text.replace(/^\n/u, '') : text;
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  }

  #add(line: Line, out: RawRecord[]): void {
    const { text } = line;
    const inside = this.#open.length > 0;
    if (!inside && !text.includes('"')) {
      out.push(line);
      return;
    }
    const staysOpen = endsInsideQuotes(text, inside);
    if (!inside && !staysOpen) {
      out.push(line);
      return;
    }
    this.#open.push(line);
    this.#openLength += text.length;
    if (!staysOpen) this.#close(out);
    else if (this.#open.length > MOST_LINES || this.#openLength > MOST_CHARACTERS)
      this.#blameFirst(out);
  }

  #close(out: RawRecord[]): void {
    const text = this.#open.map((one) => one.text).join('\n');
    if (!this.isRecord(text)) {
      this.#blameFirst(out);
      return;
    }
    const [{ line }] = this.#open as [Line];
    this.#open = [];
    this.#openLength = 0;
    if (isTooLong(text)) this.#tooLong({ text, line }, out);
    else out.push({ text, line });
  }

  #blameFirst(out: RawRecord[]): void {
    const [first, ...others] = this.#open;
    this.#open = [];
    this.#openLength = 0;
    out.push({ ...first!, broken: 'csvQuotingBroken' });
    for (const line of others) this.#add(line, out);
  }
}

/** Without the `\r` that may be a part of its end. */
const isTooLong = (text: string): boolean =>
  text.length > MOST_CHARACTERS && (text.length > MOST_CHARACTERS + 1 || !text.endsWith('\r'));

/**
 * What ends the first line, and so every one: within quotes a spreadsheet that ends its rows by `\r` has `\n`. Empty while
 * nothing can be said.
 */
function headerEndOf(text: string): string {
  let looked = 0;
  for (const { index, 0: found } of text.matchAll(/\r+\n?|\n/gu)) {
    // A quote that is open for longer was left open by mistake.
    if ((looked += 1) > MOST_LINES) return '';
    if (endsInsideQuotes(text.slice(0, index), false)) continue;
    if (found.endsWith('\n')) return '\n';
    return index + found.length < text.length ? '\r' : '';
  }
  return '';
}

/** The same where no line ends outside quotes: `\r` only if there is no `\n` at all. */
function anyEndOf(text: string): string {
  if (text.includes('\n')) return '\n';
  const at = text.indexOf('\r');
  return at >= 0 && at < text.length - 1 ? '\r' : '';
}

/** Whether a quoted value is still open after this line (RFC 4180: a quote opens only at a value's start). */
function endsInsideQuotes(line: string, inside: boolean): boolean {
  let at = 0;
  let open = inside;
  if (!open && line.charCodeAt(0) === QUOTE) {
    open = true;
    at = 1;
  }
  for (;;) {
    if (open) {
      const quote = line.indexOf('"', at);
      if (quote < 0) return true;
      const doubled = line.charCodeAt(quote + 1) === QUOTE;
      at = quote + (doubled ? 2 : 1);
      open = doubled;
      continue;
    }
    const comma = line.indexOf(',', at);
    if (comma < 0) return false;
    at = comma + 1;
    if (line.charCodeAt(at) === QUOTE) {
      open = true;
      at++;
    }
  }
}
