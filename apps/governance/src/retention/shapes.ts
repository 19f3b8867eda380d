import { z } from 'zod';
import { reason } from '../decisions/shapes.js';
import { pageQuery } from '../http/page.js';
import { EXTENSION_EVENTS, EXTENSION_STATES } from './extension.entity.js';

export const extensionBody = z.strictObject({
  /** The last day on which the records are kept. */
  until: z.iso.date('A day YYYY-MM-DD is expected.'),
  reason,
});
export type ExtensionBody = z.output<typeof extensionBody>;

export const extensionDecisionBody = z.strictObject({ decision: z.enum(EXTENSION_EVENTS), reason });
export type ExtensionDecisionBody = z.output<typeof extensionDecisionBody>;

export const extensionQuery = z.strictObject({
  product: z.string().max(100).optional(),
  state: z.enum(EXTENSION_STATES).optional(),
  ...pageQuery,
});
export type ExtensionQuery = z.output<typeof extensionQuery>;
