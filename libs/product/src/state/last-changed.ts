import type { Statement } from '@caremesh/platform';
import type { Client } from 'pg';

import { plainArray } from '../outbox/arrays.js';
import type { Left } from './left.js';
import type { World } from './world.js';

/**
 * Reads when the records of a world changed last: now, for one that a batch on its way leaves (`left`), and for one whose
 * retention is over. Only asked where something is taken in again that came long ago.
 */
export async function readLastChanged(client: Client, world: World, left?: Left): Promise<void> {
  const records = [...world.records.keys()];
  const { rows } = await client.query<{ record: string; at: Date | null }>(
    `SELECT record, kept_from AS at FROM record WHERE record = ANY($1::text[])`,
    [plainArray(records)],
  );
  for (const { record, at } of rows) world.lastChanged.set(record, at?.getTime() ?? Infinity);
  for (const record of records) if (left?.record(record)) world.lastChanged.set(record, Infinity);
}

/** What was received long ago changed a record then, and not when it was taken in. */
export function receivedStatements({ receivedAt }: World): Statement[] {
  if (receivedAt.size === 0) return [];
  return [
    {
      name: 'state-received-at',
      text: `UPDATE record r SET kept_from = to_timestamp(u.at / 1000.0) FROM unnest($1::text[], $2::int8[]) AS u(record, at)
              WHERE r.record = u.record AND r.kept_from IS NOT NULL`,
      values: [plainArray([...receivedAt.keys()]), plainArray([...receivedAt.values()])],
    },
  ];
}
