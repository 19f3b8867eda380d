/** A message of a batch, or the start of one that is larger than taken. */
export type Part = { bytes: Buffer; tooLarge: boolean };

const MSH = Buffer.from('MSH');
const CR = 13;
const LF = 10;
/** What a caller keeps of a message too large to read: enough for its header. */
const KEPT = 8192;

/**
 * Cuts a stream of bytes into its messages: a new one begins at every `MSH` at the start of a line. Batch
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
      // The end may hold the first letters of the next message's line.
      held = Buffer.concat([held.subarray(0, KEPT), held.subarray(-4)]);
      dropping = true;
    }
    searched = Math.max(1, held.length - 4);
  }
  yield* part(held, dropping, maxBytes);
}

/** Where the next message begins after `from`, or -1. The very first bytes begin the first message. */
function nextStart(held: Buffer, from: number): number {
  for (let at = held.indexOf(MSH, Math.max(1, from)); at >= 0; at = held.indexOf(MSH, at + 1)) {
    const before = held[at - 1];
    if (before === CR || before === LF || before === 0x0b) return at;
  }
  return -1;
}

function* part(bytes: Buffer, dropped: boolean, maxBytes: number): Generator<Part> {
  const message = withoutEnvelope(bytes);
  if (message.length > 0) yield { bytes: message, tooLarge: dropped || message.length > maxBytes };
}

/** Takes off framing and blank lines before, and framing and batch segments after the message. */
function withoutEnvelope(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length && isBlank(bytes[start]!)) start++;
  let message = bytes.subarray(start);
  if (message.length === 0 || isEnvelope(message)) return message.subarray(0, 0);
  let end = message.indexOf(0x1c);
  for (const name of ['\rBTS', '\nBTS', '\rFTS', '\nFTS', '\rBHS', '\nBHS']) {
    const at = message.indexOf(name);
    if (at >= 0 && (end < 0 || at < end)) end = at + 1;
  }
  if (end >= 0) message = message.subarray(0, end);
  return message;
}

/** Lines before the first MSH that only open a file or batch. */
function isEnvelope(bytes: Buffer): boolean {
  return /^(?:(?:FHS|BHS|BTS|FTS)[^\r\n]*[\r\n]*)+\s*$/.test(
    bytes.toString('latin1', 0, Math.min(bytes.length, KEPT)),
  );
}

const isBlank = (byte: number): boolean =>
  byte === CR || byte === LF || byte === 0x20 || byte === 0x0b || byte === 0x1c;
