import { Readable } from 'node:stream';

import type { FastifyRequest } from 'fastify';

import { platformErrors } from '../errors.js';
import { jsonPath } from '../faults/issues.js';
import { problem } from '../faults/problem.js';
import type { ErrorEntry, FieldError } from '../faults/problem.js';

/** A hundred of them say no more than the first few do. */
const MOST = 25;
/** Levels. Nothing of ours has ten; what has thousands neither JSON's own writer nor the database can take. */
const DEEPEST = 200;

/**
 * Refuses a request one of whose texts could be neither stored nor compared: PostgreSQL keeps no U+0000, and half a
 * surrogate pair is no character. In the address nothing is known under it (MESH-5111); in the query or the body each
 * place is named (MESH-5120), and so is what is nested too deep. Texts of a body that is taken as it comes, on a route
 * configured `anyText`, are not looked at.
 */
export function refuseUnfitText(request: FastifyRequest): void {
  if (unfitPlaces(request.params).length > 0) throw problem(platformErrors.notFound);
  const { anyText = false } = request.routeOptions.config;
  const errors = [...unfitPlaces(request.query), ...unfitPlaces(request.body, anyText)].slice(
    0,
    MOST,
  );
  if (errors.length === 0) return;
  const detail = errors.length === 1 ? errors[0]?.path : `${errors.length} places`;
  throw problem(platformErrors.invalidContent, `Not valid: ${detail}`, errors);
}

/** Whether a text is one that can be stored: well-formed, and without U+0000. */
export function isFitText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/** A value that was parsed, and where it stands. The way to it is told backwards: a copy for each place would be as long as that lies deep. */
type Place = { value: unknown; key: PropertyKey; within: Place | null; depth: number };

/**
 * What cannot be taken of what was parsed, the first of it. A name that is no text is told by the place that has it. What this
 * costs grows as the body does, however it is nested.
 */
function unfitPlaces(value: unknown, anyText = false): FieldError[] {
  const found: FieldError[] = [];
  // A list of its own instead of recursion: a body may be nested deeper than the stack is.
  const left: Place[] = [{ value, key: '', within: null, depth: 0 }];
  for (let place = left.pop(); place && found.length < MOST; place = left.pop()) {
    const entry = unfit(place, anyText);
    if (entry) found.push(fieldError(place, entry));
    if (entry !== platformErrors.fieldDepth) enter(place, left, anyText);
  }
  return found;
}

/** What is wrong with a value itself, or with a name of it. */
function unfit({ value, depth }: Place, anyText: boolean): ErrorEntry | null {
  if (typeof value === 'string')
    return anyText || isFitText(value) ? null : platformErrors.fieldText;
  if (!isParsed(value)) return null;
  if (depth >= DEEPEST) return platformErrors.fieldDepth;
  const isFit = anyText || Array.isArray(value) || Object.keys(value).every(isFitText);
  return isFit ? null : platformErrors.fieldText;
}

/** Adds what a value has in it, so that the first is the next to be taken. */
function enter(place: Place, left: Place[], anyText: boolean): void {
  const { value, depth } = place;
  if (!isParsed(value)) return;
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  for (const [key, one] of (inner as [PropertyKey, unknown][]).reverse()) {
    if (anyText || typeof key !== 'string' || isFitText(key))
      left.push({ value: one, key, within: place, depth: depth + 1 });
  }
}

function fieldError(place: Place, { code, title, fix }: ErrorEntry): FieldError {
  const path: PropertyKey[] = [];
  for (let at = place; at.within; at = at.within) path.push(at.key);
  return { path: jsonPath(path.reverse()), code, message: `${title}.`, fix };
}

/** What was parsed, no stream or bytes that are still to be read. */
function isParsed(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return !(value instanceof Readable) && !ArrayBuffer.isView(value);
}
