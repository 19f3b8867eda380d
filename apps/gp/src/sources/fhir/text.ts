import { isUtf8 } from 'node:buffer';
import { fault, hasControl, jsonPlaceInWords, repeatsName, type Fault } from '@caremesh/product';

/** Deepest nesting taken; FHIR resources have about ten levels. */
const DEPTH_MAX = 64;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Why bytes are not UTF-8 JSON at all, judged by how they begin; null if nothing speaks against it. */
export function wrongStart(bytes: Uint8Array, path = ''): Fault | null {
  const [a, b, c] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return fault('encodingUtf16', path);
  if (bytes.length > 1 && (a === 0 || b === 0)) return fault('encodingUtf16', path);
  if (a === 0xef && b === 0xbb && c === 0xbf) return fault('byteOrderMark', path);
  const first = bytes.find((byte) => byte > 0x20);
  return first === 0x3c ? fault('xmlNotJson', path) : null;
}

/** One JSON value of the bytes, or why it is none. `path` names the line of a file of many. */
export function parseJson(bytes: Buffer, path = ''): { value: unknown } | Fault {
  const wrong = wrongStart(bytes, path);
  if (wrong) return wrong;
  if (!isUtf8(bytes)) return fault('encodingNotUtf8', path);
  if (isBottomless(bytes)) return fault('nestingTooDeep', path);
  const text = bytes.toString('utf8');
  try {
    const value = JSON.parse(text) as unknown;
    return repeatsName(text, value) ? fault('jsonNameTwice', path) : { value };
  } catch {
    // The engine's own message quotes the input, so it goes nowhere.
    return fault('jsonMalformed', path, placeOf(text, path));
  }
}

/** Texts below this cannot hold brackets enough to exhaust memory when parsed. */
const BOTTOMLESS_MIN = 64 * 1024;

/** True for a long text of brackets within brackets: parsed, each costs a hundred times its byte. */
export function isBottomless(bytes: Buffer): boolean {
  if (bytes.length < BOTTOMLESS_MIN) return false;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === 0x5c) at++;
    else if (byte === 0x22) quoted = !quoted;
    else if (quoted) continue;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > 2 * DEPTH_MAX) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

/** Where the JSON breaks off: in the submission, or within the line or the entry that `path` names. */
function placeOf(text: string, path: string): string | undefined {
  const place = jsonPlaceInWords(text, path.startsWith('line '));
  return place && path.startsWith('/entry/') ? `${place} of the entry` : place;
}

type Place = { value: object; depth: number; name: string; up: Place | null };

/**
 * What no resource may hold, wherever it stands: property names that could change how a program behaves, nesting
 * meant to exhaust one, and text that is none (control characters, halves of a character): published, it would
 * have become other text without a word.
 */
export function hostileStructure(value: unknown): Fault | null {
  if (typeof value !== 'object' || value === null) return null;
  const stack: Place[] = [{ value, depth: 0, name: '', up: null }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (next.depth > DEPTH_MAX) return fault('nestingTooDeep', pathOf(next));
    for (const [name, child] of Object.entries(next.value) as [string, unknown][]) {
      if (FORBIDDEN.has(name)) return fault('forbiddenName', `${pathOf(next)}/${name}`);
      if (typeof child === 'string') {
        if (!child.isWellFormed() || hasControl(child))
          return fault('textInvalid', `${pathOf(next)}/${shown(name)}`);
      } else if (typeof child === 'object' && child !== null) {
        stack.push({ value: child, depth: next.depth + 1, name, up: next });
      }
    }
  }
  return null;
}

/** Names written as FHIR writes them and positions; any other name may be somebody's and is not repeated. */
const shown = (name: string): string =>
  /^(?:\d{1,6}|[a-z][A-Za-z]{0,40})$/.test(name) ? name : '*';

function pathOf(place: Place): string {
  const names: string[] = [];
  for (let at: Place = place; at.up; at = at.up) names.unshift(shown(at.name));
  return names.map((name) => `/${name}`).join('');
}
