import { TextDecoder } from 'node:util';
import { fault, IntakeRefused } from '../errors.js';
import type { Fault } from '../errors.js';

/** Put in by the decoder where the bytes were no text: a row that holds it has lost something. */
export const REPLACEMENT = '\uFFFD';

/**
 * The text of a stream of bytes, in pieces as they come.
 * A byte order mark decides; else the charset the sender named; else UTF-8.
 * @throws IntakeRefused `encodingUnknown` if the charset named is none this runtime knows, `csvIsWorkbook` (at `path`)
 * for the bytes of a spreadsheet program, which are no text in any charset.
 */
export async function* decoded(
  body: AsyncIterable<Uint8Array>,
  charset: string | undefined,
  path: string,
): AsyncGenerator<string> {
  let refused: Fault | null = isKnown(charset) ? null : fault('encodingUnknown', 'Content-Type');
  let decoder: TextDecoder | null = null;
  let start: Uint8Array = new Uint8Array(0);
  for await (const bytes of body) {
    // Read on to the end: the next part of a form comes only after this one.
    if (refused) continue;
    let chunk: Uint8Array = bytes;
    if (!decoder) {
      // The mark may be split over the first chunks: wait for four bytes.
      chunk = start.length ? Buffer.concat([start, bytes]) : bytes;
      start = chunk.length < 4 ? Uint8Array.from(chunk) : new Uint8Array(0);
      if (start.length) continue;
      if (isPacked(chunk)) refused = fault('csvIsWorkbook', path);
      else decoder = decoderFor(chunk, charset);
    }
    if (decoder) yield decoder.decode(chunk, { stream: true });
  }
  if (refused) throw new IntakeRefused(refused);
  yield (decoder ?? decoderFor(start, charset)).decode(start);
}

function decoderFor([a, b, c]: Uint8Array, charset?: string): TextDecoder {
  if (a === 0xef && b === 0xbb && c === 0xbf) return new TextDecoder('utf-8');
  if (a === 0xff && b === 0xfe) return new TextDecoder('utf-16le');
  if (a === 0xfe && b === 0xff) return new TextDecoder('utf-16be');
  return new TextDecoder(charset ?? 'utf-8');
}

/** First bytes of a zip archive (.xlsx, .ods), of a compound file (.xls), of gzip. */
const PACKED = ['504b0304', 'd0cf11e0', '1f8b'];

function isPacked(bytes: Uint8Array): boolean {
  const first = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  return PACKED.some((magic) => first.startsWith(magic));
}

function isKnown(charset: string | undefined): boolean {
  try {
    return Boolean(new TextDecoder(charset));
  } catch {
    return false;
  }
}

/** The charset parameter of a content type, or undefined. */
export function charsetOf(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1];
}
