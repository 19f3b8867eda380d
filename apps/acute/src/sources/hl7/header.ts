import { fault, type Fault } from '@caremesh/product';

/** The characters a message is built with, as its own MSH-1 and MSH-2 state them. */
export type Delimiters = {
  field: string;
  component: string;
  repetition: string;
  escape: string;
  subcomponent: string;
};

/** What the first segment says; fields exactly as they came, so that an answer can echo them. */
export type Header = {
  delimiters: Delimiters;
  encodingCharacters: string;
  sendingApplication: string;
  sendingFacility: string;
  receivingApplication: string;
  receivingFacility: string;
  time: string;
  /** MSH-9.1, such as ADT. */
  type: string;
  /** MSH-9.2, such as A01. */
  event: string;
  controlId: string;
  processingId: string;
  version: string;
  characterSet: string;
};

/** Longest control id taken (HL7 v2.4 says 20, later versions 199). */
const CONTROL_ID_MAX = 199;
/** A header is one line; what is longer is no header. */
const HEADER_MAX = 8192;

/**
 * Reads MSH from the bytes of a message. Names of characters and ids are ASCII in every charset that HL7
 * allows here, so bytes are read as Latin-1: an echoed id goes back as the very bytes that came.
 * @returns the fault that says why no sender could be told more than "not read".
 */
export function readHeader(bytes: Buffer): Header | Fault {
  const wrong = wrongEncoding(bytes);
  if (wrong) return wrong;
  const line = firstLine(bytes);
  if (!/^MSH[^A-Za-z0-9\s"\x80-\xff]/.test(line)) return fault('hl7HeaderUnreadable', 'MSH');
  const field = line[3]!;
  const fields = line.split(field);
  const delimiters = delimitersOf(field, fields[1] ?? '');
  if (!delimiters) return fault('hl7HeaderUnreadable', 'MSH-2');
  const controlId = (fields[9] ?? '').trim();
  if (controlId === '') return fault('hl7MessageIdMissing', 'MSH-10');
  if (controlId.length > CONTROL_ID_MAX) return fault('hl7HeaderUnreadable', 'MSH-10');
  return headerOf(fields, delimiters, controlId);
}

/** Another header behind the first: the line it would stand in, with its own separators, whatever blanks come before. */
const ANOTHER = /[\r\n][ \t]*MSH([^A-Za-z0-9\s"\x80-\xff])[^A-Za-z0-9\s"\x80-\xff]{1,5}\1/;

/** True if the bytes of one message hold the header of another: the acknowledgement of one could not speak for both. */
export const holdsAnother = (bytes: Buffer): boolean =>
  bytes.indexOf('MSH', 3) >= 0 && ANOTHER.test(bytes.toString('latin1'));

/** True if reading gave a fault and no header. */
export const isFaultOf = <T extends object>(value: T | Fault): value is Fault => 'fix' in value;

function headerOf(fields: string[], delimiters: Delimiters, controlId: string): Header {
  const at = (position: number): string => (fields[position - 1] ?? '').trim();
  const [type = '', event = ''] = at(9).split(delimiters.component);
  const first = (text: string): string =>
    text.split(delimiters.repetition)[0]!.split(delimiters.component)[0]!.trim();
  return {
    delimiters,
    encodingCharacters: fields[1]!,
    sendingApplication: at(3),
    sendingFacility: at(4),
    receivingApplication: at(5),
    receivingFacility: at(6),
    time: first(at(7)),
    type: type.trim(),
    event: event.trim(),
    controlId,
    processingId: first(at(11)),
    version: first(at(12)),
    characterSet: first(at(18)),
  };
}

/**
 * MSH-2 has four characters; a sender without escapes or subcomponents may leave the last ones out, and
 * v2.7 senders add a fifth. Letters and digits would split the data itself, and one character with two meanings
 * would split it in places that nobody can tell.
 */
function delimitersOf(field: string, stated: string): Delimiters | null {
  if (!/^[^A-Za-z0-9\s"\x80-\xff]{1,5}$/.test(stated)) return null;
  // A backslash doubled by a program that wrote the message out as a literal is one.
  const characters = stated.replace('\\\\', '\\');
  if (new Set([field, ...characters]).size <= characters.length) return null;
  const [component, repetition, escape, subcomponent] = characters;
  // A left out character must never match: no HL7 text holds a unit separator.
  const none = '\x1f';
  return {
    field,
    component: component ?? none,
    repetition: repetition ?? none,
    escape: escape ?? none,
    subcomponent: subcomponent ?? none,
  };
}

function firstLine(bytes: Buffer): string {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, HEADER_MAX));
  const end = text.search(/[\r\n]/);
  return end < 0 ? text : text.slice(0, end);
}

/** Encodings in which not even the letters MSH are where they should be. */
function wrongEncoding(bytes: Buffer): Fault | null {
  const [a, b, c] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || a === 0 || b === 0)
    return fault('encodingUtf16', 'MSH');
  if (a === 0xef && b === 0xbb && c === 0xbf) return fault('byteOrderMark', 'MSH');
  return null;
}

/** The name (first component) of the sending facility. */
export const nameOfSender = ({ sendingFacility, delimiters }: Header): string =>
  sendingFacility.split(delimiters.component)[0]!.trim();
