/** A message of a batch, or the start of one that is larger than taken. */
export type Part = { bytes: Buffer; tooLarge: boolean };

const MSH = Buffer.from('MSH');
const CR = 13;
const LF = 10;
const FS = 0x1c;
const VT = 0x0b;
/** What a caller keeps of a message too large to read: enough for its header. */
const KEPT = 8192;
/** Kept of its end: what may be the beginning of the next message's line, the blanks before it included. */
const END_KEPT = 256;

/**
 * Cuts a stream of bytes into its messages: a new one begins at every `MSH` at the start of a line, blanks before it or none. Batch
 * envelopes (FHS, BHS, BTS, FTS) and MLLP framing around messages are left out. Memory holds one message.
 */
export async function* messagesOf(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Part> {
  let held: Buffer = Buffer.alloc(0);
  let searched = 0;
  let dropping = false;
  for await (const chunk of body) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    for (;;) {
      const next = nextStart(held, searched);
      if (next < 0) break;
      yield* part(held.subarray(0, next), dropping, maxBytes);
      held = held.subarray(next);
      dropping = false;
      searched = 1;
    }
    if (held.length > maxBytes) {
      held = Buffer.concat([held.subarray(0, KEPT), held.subarray(-END_KEPT)]);
      dropping = true;
    }
    searched = Math.max(1, held.length - 4);
  }
  yield* part(held, dropping, maxBytes);
}

/** Where the next message begins after `from`, or -1. The very first bytes begin the first message. */
function nextStart(held: Buffer, from: number): number {
  for (let at = held.indexOf(MSH, Math.max(1, from)); at >= 0; at = held.indexOf(MSH, at + 1)) {
    let before = at - 1;
    while (held[before] === 0x20 || held[before] === 0x09) before--;
    if (held[before] === CR || held[before] === LF || held[before] === VT) return at;
  }
  return -1;
}

function* part(bytes: Buffer, dropped: boolean, maxBytes: number): Generator<Part> {
  const message = withoutEnvelope(bytes);
  if (message.length > 0) yield { bytes: message, tooLarge: dropped || message.length > maxBytes };
}

/** Takes off framing and blank lines before, and framing and batch segments after the message. */
function withoutEnvelope(bytes: Buffer): Buffer {
  let message = withoutBlanks(bytes);
  if (message.length === 0 || isEnvelope(message)) return message.subarray(0, 0);
  let end = endOfFrame(message);
  for (const name of ['\rBTS', '\nBTS', '\rFTS', '\nFTS', '\rBHS', '\nBHS']) {
    const at = message.indexOf(name);
    if (at >= 0 && (end < 0 || at < end)) end = at + 1;
  }
  if (end >= 0) message = message.subarray(0, end);
  return message;
}

/** Where the frame around a message ends, or -1: a 0x1C amid the message is none (MLLP ends a frame with 0x1C 0x0D). */
function endOfFrame(message: Buffer): number {
  for (let at = message.indexOf(FS); at >= 0; at = message.indexOf(FS, at + 1)) {
    const next = message[at + 1];
    if (next === undefined || next === CR || next === LF || next === VT) return at;
  }
  return -1;
}

/** The bytes from the first that is no blank, no line end and no framing. */
export function withoutBlanks(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length && isBlank(bytes[start]!)) start++;
  return bytes.subarray(start);
}

/** Lines before the first MSH that only open a file or batch. */
function isEnvelope(bytes: Buffer): boolean {
  // A line ends before the next begins: else each could be cut in as many ways as the four names stand in it.
  return /^(?:(?:FHS|BHS|BTS|FTS)[^\r\n]*(?:[\r\n]+|$))+\s*$/.test(
    bytes.toString('latin1', 0, Math.min(bytes.length, KEPT)),
  );
}

const isBlank = (byte: number): boolean =>
  byte === CR || byte === LF || byte === 0x20 || byte === 0x09 || byte === VT || byte === FS;
