import { keys } from '@caremesh/contract';
import type { ClientBase } from 'pg';

import type { ProductReceived } from '../disclose/product-record.js';
import type { View } from '../views/view-store.js';
import type { ListInForce } from './lists.js';
import { numberOf } from './people.js';

/** Offsets per partition. */
export type Offsets = ReadonlyMap<number, bigint>;

/** What a list says of a record: its person is on it; was asked about and is not on it; or is not known to it yet. */
export type Verdict = 'disclosed' | 'withheld' | 'waits';

/**
 * A tombstone says nothing of anybody and closes only what was disclosed. Everything else is about its person, who must be
 * on the list: by NHS number, since that is all a list knows people by. Whoever has none is on no list to come either.
 */
export function verdictOf(list: ListInForce | null, { value, key }: ProductReceived): Verdict {
  if (value === null || key.person === keys.NO_PERSON) return 'disclosed';
  if (value.nhsNumber === null) return 'withheld';
  if (list === null) return 'waits';
  const number = numberOf(value.nhsNumber);
  if (list.listed.has(number)) return 'disclosed';
  return list.asked.has(number) ? 'withheld' : 'waits';
}

/** The lowest offset of each partition that some of these records lie at. */
export function lowestOffsets(records: readonly ProductReceived[]): Map<number, bigint> {
  const lowest = new Map<number, bigint>();
  for (const { origin } of records) {
    const held = lowest.get(origin.partition);
    if (held === undefined || origin.offset < held) lowest.set(origin.partition, origin.offset);
  }
  return lowest;
}

/** Of these offsets those that lie before what is noted. */
export const lowering = (offsets: Offsets, noted: Offsets): Offsets =>
  new Map(
    [...offsets].filter(([partition, offset]) => offset < (noted.get(partition) ?? Infinity)),
  );

/**
 * Notes from where on each view lacks what waits, in the transaction of the batch that held it back. What was noted lower
 * stands: as long as people are new in every file, most batches write nothing.
 */
export async function noteWaiting(
  client: ClientBase,
  waiting: readonly { view: View; offsets: Offsets }[],
): Promise<void> {
  const rows = waiting
    .flatMap(({ view, offsets }) =>
      [...offsets].map(([at, offset]) => [view.id, at, offset] as const),
    )
    // In one order everywhere, so that following and filling do not wait for each other crosswise.
    .sort(([a, p], [b, q]) => a - b || p - q);
  if (rows.length === 0) return;
  await client.query(
    `INSERT INTO view_waiting AS held (view_id, partition, from_offset)
     SELECT * FROM unnest($1::int[], $2::int[], $3::bigint[])
     ON CONFLICT (view_id, partition) DO UPDATE
     SET from_offset = least(held.from_offset, excluded.from_offset)`,
    [rows.map(([id]) => id), rows.map(([, at]) => at), rows.map(([, , offset]) => String(offset))],
  );
}
