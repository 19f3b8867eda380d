import { z } from 'zod';
import { reason } from '../decisions/shapes.js';
import { pageQuery } from '../http/page.js';
import { MOTION_STATES } from './lifecycle.js';
import type { MotionEntity } from './motion.entity.js';

export const motionDecision = z.strictObject({
  decision: z.enum(['approve', 'refuse']),
  contentHash: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'A hash "sha256:<hex>" is expected.'),
  reason,
  role: z.string().max(60).optional(),
  demonstration: z.boolean().default(false),
});
export type MotionDecision = z.output<typeof motionDecision>;

export const motionQuery = { state: z.enum(MOTION_STATES).optional(), ...pageQuery };

/** What every motion shows, whatever it is about. */
export function showMotion(motion: MotionEntity) {
  const { id, state, contentHash, reason: why, proposedBy, team, demonstration } = motion;
  const { decidedBy, decidedRole, decisionReason, decidedAt } = motion;
  return {
    id,
    state,
    contentHash,
    reason: why,
    proposedBy,
    team,
    demonstration,
    proposedAt: motion.createdAt.toISOString(),
    updatedAt: motion.updatedAt.toISOString(),
    decision:
      decidedBy && decidedAt
        ? {
            decision: state === 'refused' ? 'refuse' : 'approve',
            decidedBy,
            role: decidedRole,
            reason: decisionReason,
            at: decidedAt.toISOString(),
          }
        : null,
  };
}
