import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { z } from 'zod';

import { platformErrors } from '../errors.js';
import { fieldErrors } from '../faults/issues.js';
import { problem } from '../faults/problem.js';
import type { FieldError, Problem } from '../faults/problem.js';

/** Of more places the first say how to mend all; a body of a megabyte could have an answer of a hundred. */
const MOST = 100;

/**
 * A pipe that lets only what fits `schema` into a handler, for `@Body(body(schema))` or
 * `@Query(body(schema))`. Throws MESH-5120 (422) with one entry for each wrong place, of the first hundred. Use
 * `z.strictObject` where unknown fields are to be refused. A part of a query that is empty (`?state=`) is not said.
 */
export function body<T>(schema: z.ZodType<T>): PipeTransform<unknown, T> {
  return {
    transform(value: unknown, about?: ArgumentMetadata): T {
      const parsed = schema.safeParse(about?.type === 'query' ? said(value) : value);
      if (parsed.success) return parsed.data;
      throw invalid(fieldErrors(parsed.error));
    },
  };
}

/** What refuses a content in which these places are wrong (MESH-5120). */
export function invalid(errors: readonly FieldError[]): Problem {
  const detail = errors.length === 1 ? errors[0]?.path : `${errors.length} places`;
  return problem(platformErrors.invalidContent, `Not valid: ${detail}`, errors.slice(0, MOST));
}

/** A form that is sent as it stands names every part that it has, and an address that is put together may too. */
function said(query: unknown): unknown {
  if (typeof query !== 'object' || query === null) return query;
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));
}
