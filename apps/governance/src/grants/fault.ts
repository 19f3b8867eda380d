import type { ErrorEntry, FieldError } from '@caremesh/platform';

/** A fault of one field, by its path in the request, in the words of the closed list unless there are better ones. */
export function fault(entry: ErrorEntry, path: string, message: string = entry.title): FieldError {
  return { path, code: entry.code, message, fix: entry.fix };
}
