import type { FieldError } from '@caremesh/platform';
import type { z } from 'zod';
import { grantErrors } from '../../errors.js';

/** What a draft lacks, field by field, with paths as every other refusal of a request has them. */
export function incomplete({ issues }: z.ZodError): FieldError[] {
  const { code, fix } = grantErrors.requestIncomplete;
  return issues.map(({ path, message }) => ({
    path: path.reduce<string>(
      (at, key) => (typeof key === 'number' ? `${at}[${key}]` : `${at}.${String(key)}`),
      '$',
    ),
    code,
    message,
    fix,
  }));
}
