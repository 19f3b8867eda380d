import { z } from 'zod';
import { reason } from '../decisions/shapes.js';
import { MAJOR_STEPS } from './lifecycle.js';

/** A day, meant to its end in UTC, or a moment. */
const until = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/,
    'A day "YYYY-MM-DD", or a moment in UTC that ends in "Z", is expected.',
  )
  .refine(isDay, 'There is no such day.');

// Node reads the 30th of February as the 2nd of March.
function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const read = new Date(text.length === 10 ? `${day}T00:00:00Z` : text);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day);
}

export const deprecateBody = z.strictObject({ reason, noticeUntil: until });
export type DeprecateBody = z.output<typeof deprecateBody>;

export const stepDecisionBody = z.strictObject({
  decision: z.enum(['approve', 'refuse']),
  step: z.enum(MAJOR_STEPS),
  reason,
});
export type StepDecisionBody = z.output<typeof stepDecisionBody>;

const count = z.number().int().min(0);

/** Two majors of a product as their publisher counted them: numbers and field names, never a value. */
export const parityBody = z.strictObject({
  from: z.number().int().min(1),
  to: z.number().int().min(1),
  countedAt: z.iso.datetime(),
  liveFrom: count,
  liveTo: count,
  onlyInFrom: count,
  onlyInTo: count,
  inBoth: count,
  /** Of the records in both: in how many each field that both majors have is the same. */
  fields: z.array(z.strictObject({ field: z.string().max(200), agree: count })).max(2_000),
});
export type ParityBody = z.output<typeof parityBody>;
export type ParityCounts = Omit<ParityBody, 'from' | 'to' | 'countedAt'>;

/** The first moment after the notice: the day named is still part of it. */
export function endOfNotice(text: string): Date {
  return new Date(text.length === 10 ? Date.parse(text) + 86_400_000 : Date.parse(text));
}
