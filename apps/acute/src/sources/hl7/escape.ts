import { decodeEscaped } from './charset.js';
import type { Delimiters } from './header.js';

/** Bytes spelt out as `\Xhh..\`; several such one after another are one text. */
const HEXADECIMAL = /^X((?:[0-9A-Fa-f]{2})+)$/;

/**
 * Resolves HL7 escape sequences (v2.4, 2.10): \F\ \S\ \T\ \R\ \E\ stand for the separators, \Xhh..\ for bytes of
 * the message's charset (MSH-18), \.br\ and the like for formatting. Highlighting and charset switches carry no
 * content and go; a lone escape character stays as it is.
 * @returns null if bytes spelt out are none of the charset
 */
export function unescape(
  text: string,
  delimiters: Delimiters,
  characterSet: string,
): string | null {
  if (!text.includes(delimiters.escape)) return text;
  const parts = text.split(delimiters.escape);
  let result = parts[0]!;
  for (let i = 1; i < parts.length; i++) {
    const bytes = bytesFrom(parts, i);
    const meaning = bytes
      ? decodeEscaped(Buffer.from(bytes.hex, 'hex'), characterSet)
      : meaningAt(parts, i, delimiters);
    if (meaning === null) return null;
    if (meaning === undefined) {
      result += delimiters.escape + parts[i]!;
    } else {
      i = bytes?.last ?? i;
      result += meaning + parts[i + 1]!;
      i++;
    }
  }
  return result;
}

/** The bytes spelt out from part `i` on, with no text between them, and the last part they take. */
function bytesFrom(parts: string[], i: number): { hex: string; last: number } | null {
  let hex = '';
  let last = i;
  for (let at = i; at + 1 < parts.length; at += 2) {
    const found = HEXADECIMAL.exec(parts[at]!)?.[1];
    if (found === undefined) break;
    hex += found;
    last = at;
    if (parts[at + 1] !== '') break;
  }
  return hex === '' ? null : { hex, last };
}

const meaningAt = (parts: string[], i: number, delimiters: Delimiters): string | undefined =>
  i + 1 < parts.length ? meaningOf(parts[i]!, delimiters) : undefined;

function meaningOf(code: string, delimiters: Delimiters): string | undefined {
  switch (code) {
    case 'F':
      return delimiters.field;
    case 'S':
      return delimiters.component;
    case 'T':
      return delimiters.subcomponent;
    case 'R':
      return delimiters.repetition;
    case 'E':
      return delimiters.escape;
    case 'H':
    case 'N':
      return '';
  }
  if (/^\.(?:br|sp\d*|ce|fi|nf)$/.test(code)) return '\n';
  if (/^(?:\.(?:in|ti)[+-]?\d+|[CMZ][0-9A-Za-z]{2,6})$/.test(code)) return '';
  return undefined;
}
