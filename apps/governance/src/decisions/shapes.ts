import { z } from 'zod';
import { DECISIONS } from './decision.entity.js';
import { freeText } from './free-text.js';

/** Why something is done, in the words of who does it. */
export const reason = freeText(z.string().trim().min(1, 'A reason is required.').max(4_000));

export const reasonBody = z.strictObject({ reason });
export type ReasonBody = z.output<typeof reasonBody>;

export const decideBody = z.strictObject({
  decision: z.enum(DECISIONS),
  contentHash: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'A hash "sha256:<hex>" is expected.'),
  reason,
  /** The role decided in; needed only where the caller holds more than one that is asked for. */
  role: z.string().max(60).optional(),
  demonstration: z.boolean().default(false),
});
export type DecideBody = z.output<typeof decideBody>;
