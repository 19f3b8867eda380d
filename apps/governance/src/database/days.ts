import { problem } from '@caremesh/platform';
import type { EntityManager } from 'typeorm';
import { governanceErrors } from '../errors.js';

/**
 * The moment at which a day (YYYY-MM-DD) begins in England, `later` days on: its offset is that of Europe/London
 * on that day, so a day at the end of March has 23 hours. Throws MESH-3024 for a day that does not exist.
 */
export async function beginningOf(em: EntityManager, day: string, later = 0): Promise<Date> {
  if (!exists(day)) throw problem(governanceErrors.auditRange, `There is no day ${day}`);
  const [row] = await em.query<[{ at: Date }]>(
    `SELECT ($1::date + $2::int)::timestamp AT TIME ZONE 'Europe/London' AS at`,
    [day, later],
  );
  return row.at;
}

function exists(day: string): boolean {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}
