/** What the bytes of a connection turned out to be. */
export type Frame = {
  /** The message between the frame's marks; only its beginning if it was too large. */
  bytes: Buffer;
  tooLarge: boolean;
};

const START = 0x0b;
const END = 0x1c;
const CR = 0x0d;
/** Kept of a frame that is too large: enough to answer the message whose header it holds. */
const KEPT = 8192;
const PIECES_MAX = 256;
/** Bytes outside any frame that a connection may send in a row before it is no MLLP sender. */
const NOISE_MAX = 65_536;

/**
 * Takes frames out of a stream of bytes, however it is cut: 0x0B, message, 0x1C 0x0D (MLLP release 1).
 * A 0x1C that no 0x0D follows belongs to the message. A 0x0B inside a frame begins a new one: the sender gave
 * up the first. Holds at most one frame of `maxBytes`; a larger one is dropped as it comes.
 */
export class FrameReader {
  private pieces: Buffer[] = [];
  private size = 0;
  private inFrame = false;
  private tooLarge = false;
  /** The last byte seen was 0x1C: the frame ends if the next is 0x0D. */
  private ending = false;
  private noise = 0;

  constructor(private readonly maxBytes: number) {}

  /** True while a frame has begun and not ended. */
  get partial(): boolean {
    return this.inFrame;
  }

  /** True if what comes is no MLLP: the connection is to be closed. */
  get isNoise(): boolean {
    return this.noise > NOISE_MAX;
  }

  /** The frames that `chunk` completes, in order. */
  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (at < chunk.length)
      at = this.inFrame ? this.inside(chunk, at, frames) : this.outside(chunk, at);
    return frames;
  }

  private outside(chunk: Buffer, from: number): number {
    const start = chunk.indexOf(START, from);
    const end = start < 0 ? chunk.length : start;
    this.noise += end - from;
    if (start < 0) return chunk.length;
    this.begin();
    return start + 1;
  }

  private inside(chunk: Buffer, from: number, frames: Frame[]): number {
    if (this.ending) {
      this.ending = false;
      if (chunk[from] === CR) return this.finish(from + 1, frames);
      this.keep(Buffer.of(END));
      return from;
    }
    const mark = nextMark(chunk, from);
    if (mark > from) this.keep(chunk.subarray(from, mark));
    if (mark === chunk.length) return mark;
    if (chunk[mark] === START) this.begin();
    else this.ending = true;
    return mark + 1;
  }

  private begin(): void {
    this.pieces = [];
    this.size = 0;
    this.inFrame = true;
    this.tooLarge = false;
    this.ending = false;
  }

  private keep(bytes: Buffer): void {
    this.size += bytes.length;
    if (this.size <= this.maxBytes) {
      this.pieces.push(bytes);
      // A sender of single bytes must not cost an object for each.
      if (this.pieces.length > PIECES_MAX) this.pieces = [Buffer.concat(this.pieces)];
    } else if (!this.tooLarge) {
      this.tooLarge = true;
      this.pieces = [Buffer.concat([...this.pieces, bytes]).subarray(0, KEPT)];
    }
  }

  private finish(next: number, frames: Frame[]): number {
    frames.push({ bytes: Buffer.concat(this.pieces), tooLarge: this.tooLarge });
    this.pieces = [];
    this.inFrame = false;
    this.noise = 0;
    return next;
  }
}

/** The next 0x0B or 0x1C at or after `from`, or the end of the chunk. */
function nextMark(chunk: Buffer, from: number): number {
  const end = chunk.indexOf(END, from);
  const start = chunk.indexOf(START, from);
  if (start < 0) return end < 0 ? chunk.length : end;
  return end < 0 ? start : Math.min(start, end);
}

/** A message in its frame. */
export const framed = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.of(START), message, Buffer.of(END, CR)]);
