import { isAscii, isUtf8 } from 'node:buffer';
import { fault, type Fault } from '@caremesh/product';

/** HL7 table 0211 (and what senders write for it) → the encoding of the WHATWG standard. */
const ENCODINGS: Record<string, string> = {
  '': 'utf-8',
  ASCII: 'ascii',
  UNICODE: 'utf-8',
  'UNICODE UTF-8': 'utf-8',
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
  '8859/1': 'iso-8859-1',
  '8859/2': 'iso-8859-2',
  '8859/3': 'iso-8859-3',
  '8859/4': 'iso-8859-4',
  '8859/5': 'iso-8859-5',
  '8859/6': 'iso-8859-6',
  '8859/7': 'iso-8859-7',
  '8859/8': 'iso-8859-8',
  '8859/9': 'iso-8859-9',
  '8859/15': 'iso-8859-15',
  'ISO-8859-1': 'iso-8859-1',
  'ISO8859-1': 'iso-8859-1',
  'WINDOWS-1252': 'windows-1252',
  CP1252: 'windows-1252',
};

/** The encoding that MSH-18 states, or undefined for one that is not read. */
const encodingOf = (characterSet: string): string | undefined =>
  ENCODINGS[characterSet.toUpperCase()];

/**
 * The text of a message by its MSH-18.
 * Without MSH-18 the standard says ASCII; UTF-8, of which ASCII is part, is what silent senders send. Bytes
 * that the stated charset cannot hold are a fault: guessing would change a name or a code without a word.
 */
export function decode(bytes: Buffer, characterSet: string): string | Fault {
  const encoding = encodingOf(characterSet);
  if (encoding === undefined) return fault('encodingUnknown', 'MSH-18');
  const text = decodeBytes(bytes, encoding);
  if (text !== null) return text;
  return encoding === 'ascii'
    ? fault('encodingUnknown', 'MSH-18', 'bytes above 127 in a message that states ASCII')
    : fault('encodingNotUtf8', 'MSH-18');
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
  return new TextDecoder(encoding).decode(bytes);
}
