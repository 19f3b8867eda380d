import { isAscii, isUtf8 } from 'node:buffer';
import { fault, type Fault } from '@caremesh/product';

/** HL7 table 0211 (and what senders and content types write for it) → the encoding of the WHATWG standard. */
const ENCODINGS: Record<string, string> = {
  '': 'utf-8',
  ASCII: 'ascii',
  'US-ASCII': 'ascii',
  UNICODE: 'utf-8',
  'UNICODE UTF-8': 'utf-8',
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
  'WINDOWS-1252': 'windows-1252',
  CP1252: 'windows-1252',
};
const ISO_8859 = /^(?:8859\/|ISO-?8859-)([1-9]|15)$/;

/** The encoding that MSH-18 states, or undefined for one that is not read. */
function encodingOf(characterSet: string): string | undefined {
  const name = characterSet.toUpperCase();
  const part = ISO_8859.exec(name)?.[1];
  return part === undefined ? ENCODINGS[name] : `iso-8859-${part}`;
}

/**
 * The text of a message by its MSH-18, or by what stands in its place (`path`).
 * Without MSH-18 the standard says ASCII; UTF-8, of which ASCII is part, is what silent senders send. Bytes
 * that the stated charset cannot hold are a fault: guessing would change a name or a code without a word.
 */
export function decode(bytes: Buffer, characterSet: string, path = 'MSH-18'): string | Fault {
  const encoding = encodingOf(characterSet);
  if (encoding === undefined) return fault('encodingUnknown', path);
  const text = decodeBytes(bytes, encoding);
  if (text !== null) return text;
  if (encoding === 'utf-8') return fault('encodingNotUtf8', path);
  return fault(
    'encodingUnknown',
    path,
    encoding === 'ascii'
      ? 'bytes above 127 in a message that states ASCII'
      : 'bytes 128 to 159, as Windows-1252 has them, in a message that states ISO 8859',
  );
}

/** The text of bytes that an escape sequence spells out: they are of the message's own charset. Null if it has no such. */
export function decodeEscaped(bytes: Buffer, characterSet: string): string | null {
  const encoding = encodingOf(characterSet);
  return encoding === undefined ? null : decodeBytes(bytes, encoding);
}

function decodeBytes(bytes: Buffer, encoding: string): string | null {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (encoding === 'ascii') return null;
  if (encoding === 'utf-8') return isUtf8(bytes) ? bytes.toString('utf8') : null;
  // To ISO 8859 they are no characters. The decoder takes parts 1 and 9 for the Windows charsets that have some there.
  if (encoding.startsWith('iso-8859-') && bytes.some((byte) => byte >= 0x80 && byte < 0xa0))
    return null;
  return new TextDecoder(encoding).decode(bytes);
}
