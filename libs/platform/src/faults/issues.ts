import type { z } from 'zod';

import { platformErrors } from '../errors.js';
import type { ErrorEntry, FieldError } from './problem.js';

type Issue = z.core.$ZodIssue;

/** `$.a.b[0]`: the JSON path of a place inside a document. */
export function jsonPath(path: readonly PropertyKey[]): string {
  const step = (key: PropertyKey) => {
    if (typeof key === 'number') return `[${key}]`;
    const name = String(key);
    return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  };
  return `$${path.map(step).join('')}`;
}

/** What a schema found wrong, one entry for each place, with a code of the closed list. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap(errorsOf);
}

function errorsOf(issue: Issue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      fieldError(platformErrors.fieldUnknown, [...issue.path, key], 'This field is not known.'),
    );
  }
  if (issue.code === 'invalid_type') return [typeError(issue)];
  const own: unknown = issue.code === 'custom' ? issue.params?.entry : undefined;
  if (isEntry(own)) return [fieldError(own, issue.path, issue.message)];
  return [fieldError(platformErrors.fieldValue, issue.path, issue.message)];
}

/** A refinement that stands for an entry of its caller's own closed list names it as `params: { entry }`. */
function isEntry(own: unknown): own is ErrorEntry {
  return typeof own === 'object' && own !== null && 'code' in own && 'fix' in own && 'title' in own;
}

function typeError(issue: z.core.$ZodIssueInvalidType): FieldError {
  // zod reports a missing field as one that is undefined; its message is the only place that says so.
  const expected = `${/^[aeiou]/u.test(issue.expected) ? 'An' : 'A'} ${issue.expected}`;
  return issue.message.endsWith('received undefined')
    ? fieldError(platformErrors.fieldMissing, issue.path, `${expected} is required here.`)
    : fieldError(platformErrors.fieldType, issue.path, `${expected} is expected here.`);
}

function fieldError(entry: ErrorEntry, path: readonly PropertyKey[], message: string): FieldError {
  return { path: jsonPath(path), code: entry.code, message, fix: entry.fix };
}
