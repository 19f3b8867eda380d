import { z } from 'zod';
import { quotaShape } from '../broker/quota-plan.js';
import { reason } from '../decisions/shapes.js';

export const deadLetterBody = z.strictObject({
  consumer: z
    .string()
    .max(60)
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'Lower-case letters, digits and hyphens are expected.'),
});
export type DeadLetterBody = z.output<typeof deadLetterBody>;

export const quotaBody = z.strictObject({ quota: quotaShape, reason });
export type QuotaBody = z.output<typeof quotaBody>;
