import { PURPOSES } from '@caremesh/contract';
import type { Purpose } from '@caremesh/contract';
import { z } from 'zod';
import { reason } from '../../decisions/shapes.js';
import type { MotionEntity } from '../../motions/motion.entity.js';
import { MOTION_DECIDERS } from '../../motions/motions.js';
import { motionQuery, showMotion } from '../../motions/shapes.js';

/** Long enough to move every table that holds a pseudonym; a quarter is the most, so that two names do not become the rule. */
const DEFAULT_DAYS = 30;
const LONGEST_DAYS = 92;

export const keyChangeBody = z.strictObject({
  organisation: z.string().regex(/^[A-Z0-9]{3,10}$/, 'An ODS code is expected.'),
  purpose: z.enum(PURPOSES).exclude(['individual-care']),
  /** For how many days from the decision the views so far are read beside the new ones; 0: not at all. */
  keepDays: z.number().int().min(0).max(LONGEST_DAYS).default(DEFAULT_DAYS),
  reason,
  demonstration: z.boolean().default(false),
});
export type KeyChangeBody = z.output<typeof keyChangeBody>;

export const keyChangeQuery = z.strictObject({ ...motionQuery });
export type KeyChangeQuery = z.output<typeof keyChangeQuery>;

/** What is decided on. */
export type KeyChangeContent = {
  organisation: string;
  purpose: Purpose;
  generation: number;
  keepDays: number;
};

/** A change of pseudonym keys as the API shows it. */
export function showKeyChange(motion: MotionEntity) {
  const { organisation, purpose, generation, keepDays } = motion.content as KeyChangeContent;
  return {
    ...showMotion(motion),
    ...{ organisation, purpose, generation, keepDays },
    decisionsNeeded: MOTION_DECIDERS,
  };
}
