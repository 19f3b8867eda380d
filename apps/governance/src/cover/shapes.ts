import { z } from 'zod';
import { freeText } from '../decisions/free-text.js';
import { reason } from '../decisions/shapes.js';
import { pageQuery } from '../http/page.js';
import type { CoverEntity } from './cover.entity.js';
import { COVERABLE, isInForce } from './rules.js';

const day = z.iso.date('A day YYYY-MM-DD is expected.');

export const coverBody = z.strictObject({
  role: z.string().regex(COVERABLE, 'A role that decides is expected, such as governance-lead.'),
  deputy: freeText(
    z.string().regex(/^user-[a-z0-9][a-z0-9-]*$/, 'A person "user-<name>" is expected.'),
  ),
  from: day.optional(),
  until: day,
  reason,
});
export type CoverBody = z.output<typeof coverBody>;

export const coverQuery = z.strictObject({ role: z.string().max(60).optional(), ...pageQuery });
export type CoverQuery = z.output<typeof coverQuery>;

/** A cover as the API shows it. */
export function showCover(cover: CoverEntity) {
  const { id, role, holder, deputy, reason: why, fromAt, untilAt, endedAt } = cover;
  return {
    id,
    role,
    holder,
    deputy,
    reason: why,
    from: fromAt.toISOString(),
    until: untilAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    inForce: isInForce(cover, new Date()),
  };
}
