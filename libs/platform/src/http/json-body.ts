import type { FastifyInstance } from 'fastify';

import { platformErrors } from '../errors.js';
import { jsonPlaceInWords } from '../faults/json-place.js';
import { problem } from '../faults/problem.js';
import { repeatedNames } from '../faults/repeated-names.js';
import { invalid } from './body.js';

// The last of them would win, without a word.
function refusalOf(text: string): Error | null {
  const { code, fix } = platformErrors.fieldUnknown;
  const message = 'This field is there more than once.';
  const errors = repeatedNames(text).map((path) => ({ path, code, message, fix }));
  return errors.length === 0 ? null : invalid(errors);
}

/**
 * Reads JSON as Fastify does by itself, and says of a body that is none where it stops being so (MESH-5110), and of one
 * that has a name twice in an object which (MESH-5120). JSON is UTF-8 (RFC 8259, 8.1): what is none is not taken for something near it
 * (MESH-5110), nor what says that it is something else (MESH-5114). It stands in place of Nest's
 * readers, of JSON, which names no place, and of forms, which no route takes; nor does one take plain text (MESH-5114).
 */
export function takeJson(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser('text/plain');
  const read = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // Some clients name a type in every request; what is deleted is said by its address.
    if (request.method === 'DELETE' && body.length === 0) return done(null, undefined);
    if (!isUtf8Said(request.headers['content-type']))
      return done(problem(platformErrors.unsupportedType, 'JSON is UTF-8'));
    const text = textOf(body as Buffer);
    if (text === null) return done(problem(platformErrors.badRequest, 'The body is not UTF-8'));
    return read(request, text, (error, value) => {
      if (!error) return done(refusalOf(text), value);
      const place = jsonPlaceInWords(text);
      if (place) done(problem(platformErrors.badRequest, `The body is no JSON: ${place}.`));
      else done(error);
    });
  });
}

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;
const isUtf8Said = (type = ''): boolean =>
  /^(?:utf-?8|us-ascii)$/i.test(CHARSET.exec(type)?.[1] ?? 'utf-8');

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(body: Buffer): string | null {
  try {
    return utf8.decode(body);
  } catch {
    return null;
  }
}
