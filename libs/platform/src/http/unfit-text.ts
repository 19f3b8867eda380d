import { Readable } from 'node:stream';

import type { FastifyRequest } from 'fastify';

import { platformErrors } from '../errors.js';
import { jsonPath } from '../faults/issues.js';
import { problem } from '../faults/problem.js';
import type { FieldError } from '../faults/problem.js';

/** A hundred of them say no more than the first few do. */
const MOST = 25;

/**
 * Refuses a request one of whose texts could be neither stored nor compared: PostgreSQL keeps no U+0000, and half a
 * surrogate pair is no character. In the address nothing is known under it (MESH-5111); in the query or the body each
 * place is named (MESH-5120). A body that is taken as it comes, on a route configured `anyText`, is not looked through.
 */
export function refuseUnfitText(request: FastifyRequest): void {
  if (unfitPlaces(request.params).length > 0) throw problem(platformErrors.notFound);
  const body = request.routeOptions.config.anyText ? [] : unfitPlaces(request.body);
  const errors = [...unfitPlaces(request.query), ...body].slice(0, MOST).map(fieldError);
  if (errors.length === 0) return;
  const detail = errors.length === 1 ? errors[0]?.path : `${errors.length} places`;
  throw problem(platformErrors.invalidContent, `Not valid: ${detail}`, errors);
}

function fieldError(path: Path): FieldError {
  const { code, title, fix } = platformErrors.fieldText;
  return { path: jsonPath(path), code, message: `${title}.`, fix };
}

/** Whether a text is one that can be stored: well-formed, and without U+0000. */
export function isFitText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

type Path = readonly PropertyKey[];

/** Where such texts stand in what was parsed. A name that is one is told by the place that has it. */
function unfitPlaces(value: unknown): Path[] {
  const found: Path[] = [];
  // A list of its own instead of recursion: a body may be nested deeper than the stack is.
  const left: { path: Path; value: unknown }[] = [{ path: [], value }];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const { path, value: here } = place;
    if (typeof here === 'string') {
      if (!isFitText(here)) found.push(path);
    } else if (Array.isArray(here)) {
      left.push(
        ...here.map((inner: unknown, i) => ({ path: [...path, i], value: inner })).reverse(),
      );
    } else if (isParsed(here)) {
      const entries = Object.entries(here);
      if (!entries.every(([name]) => isFitText(name))) found.push(path);
      const inner = entries.filter(([name]) => isFitText(name)).reverse();
      left.push(...inner.map(([name, one]) => ({ path: [...path, name], value: one })));
    }
  }
  return found;
}

/** What was parsed, no stream or bytes that are still to be read. */
function isParsed(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return !(value instanceof Readable) && !ArrayBuffer.isView(value);
}
