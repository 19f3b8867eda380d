import { problem } from '@caremesh/platform';
import { z } from 'zod';
import { governanceErrors } from '../errors.js';

/** A list as the API gives it: one page and the cursor of the next, null at the end. */
export type Page<T> = { items: T[]; next: string | null };

/** `limit` and `cursor`, for the query of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(400).optional(),
};

/** The page made of `rows`, of which one more than `limit` was read; `keyOf` is what the order is by. */
export function pageOf<R, T>(
  rows: R[],
  limit: number,
  keyOf: (row: R) => string[],
  show: (row: R) => T,
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last ? encode(keyOf(last)) : null;
  return { items: items.map(show), next };
}

/** What a list can be in the order of: the database takes no other text for a time or a number. */
const ORDERS = { time: z.iso.datetime(), number: z.string().regex(/^\d{1,15}$/), text: z.string() };
type Order = keyof typeof ORDERS;

/** What `cursor` points behind in a list of that order; null without one. Throws MESH-3021 for one that is not of this list. */
export function positionOf(cursor: string | undefined, ...order: Order[]): string[] | null {
  if (cursor === undefined) return null;
  const parsed = z.array(z.string()).length(order.length).safeParse(decode(cursor));
  const position = parsed.data ?? [];
  if (!parsed.success || !order.every((one, at) => ORDERS[one].safeParse(position[at]).success)) {
    throw problem(governanceErrors.badCursor);
  }
  return position;
}

function encode(key: string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
