import { z } from 'zod';
import { pageQuery } from '../http/page.js';
import { KINDS } from './organisation.entity.js';

/** A day of the calendar, YYYY-MM-DD. */
export const day = z.iso.date('A day YYYY-MM-DD is expected.');

export const onQuery = z.strictObject({ on: day.optional() });

export const organisationQuery = z.strictObject({
  q: z.string().max(200).optional(),
  kind: z.enum(KINDS).optional(),
  on: day.optional(),
  ...pageQuery,
});
export type OrganisationQuery = z.output<typeof organisationQuery>;

/** Today as organisations’ dates are written: `2026-11-30`, in UTC. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
