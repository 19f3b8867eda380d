import { z } from 'zod';
import { reason } from '../../decisions/shapes.js';
import { eachOnce } from '../shapes.js';

const productId = z.string().min(3).max(100);
const major = z.number().int().min(1).max(9_999);

/** One product or several, why, and for how long; the rest is not for the moment to say. */
export const breakGlassBody = z
  .strictObject({
    product: productId.optional(),
    major: major.default(1),
    products: z
      .array(z.strictObject({ product: productId, major: major.default(1) }))
      .min(1)
      .max(20)
      .superRefine(eachOnce)
      .optional(),
    reason: reason.min(10, 'Say in a sentence what is happening.'),
    /** At most as long as the mesh allows, which is what it is without this; more is refused. */
    hours: z.number().positive().optional(),
    /** Nothing but individual care; anything else is refused by its own code. */
    purpose: z.string().max(60).default('individual-care'),
  })
  .refine(({ product, products }) => Boolean(product) !== Boolean(products), {
    path: ['product'],
    message: 'Name one product, or a list of products.',
  });
export type BreakGlassBody = z.output<typeof breakGlassBody>;

export const reviewBody = z.strictObject({
  /** `not-justified` ends whatever access is left. */
  outcome: z.enum(['justified', 'not-justified']),
  reason,
  /** The next review of a grant that goes on. */
  reviewOn: z.iso.date('A day YYYY-MM-DD is expected.').optional(),
});
export type ReviewBody = z.output<typeof reviewBody>;
