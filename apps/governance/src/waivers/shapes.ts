import { names } from '@caremesh/contract';
import { z } from 'zod';
import { reason } from '../decisions/shapes.js';
import type { MotionEntity } from '../motions/motion.entity.js';
import { MOTION_DECIDERS } from '../motions/motions.js';
import { motionQuery, showMotion } from '../motions/shapes.js';
import type { WaiverContent } from './in-force.js';

const productId = z
  .string()
  .max(121)
  .refine(isProductId, 'A product "<domain>.<product>" is expected.');

const moment = z.union([
  z.iso.date('A day YYYY-MM-DD or a moment is expected.'),
  z.iso.datetime({ offset: true }),
]);

export const proposeWaiverBody = z.strictObject({
  product: productId,
  /** Name of the check, as a proposal shows it. */
  check: z.string().min(2).max(120),
  /** The field or standard it is about; left out, whatever the check finds. */
  about: z
    .string()
    .max(120)
    .regex(/^[A-Za-z0-9-]+$/, 'The name of a field or a standard is expected.')
    .nullable()
    .default(null),
  until: moment,
  reason,
  demonstration: z.boolean().default(false),
});
export type ProposeWaiverBody = z.output<typeof proposeWaiverBody>;

export const waiverQuery = z.strictObject({
  product: z.string().max(121).optional(),
  ...motionQuery,
});
export type WaiverQuery = z.output<typeof waiverQuery>;

/** A waiver as the API shows it. `inForce`: it holds at this moment. */
export function showWaiver(motion: MotionEntity) {
  const { product, check, about, until } = motion.content as WaiverContent;
  const { state, endsAt } = motion;
  return {
    ...showMotion(motion),
    product,
    check,
    about,
    until,
    inForce: state === 'approved' && endsAt !== null && endsAt > new Date(),
    decisionsNeeded: MOTION_DECIDERS,
  };
}

function isProductId(text: string): boolean {
  try {
    names.parseProductId(text);
    return true;
  } catch {
    return false;
  }
}
