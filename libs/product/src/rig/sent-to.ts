import { avroType } from '@caremesh/contract';

import { unpacked } from '../outbox/pack.js';
import type { OutboxRow } from '../outbox/pack.js';
import { splitWire } from '../registry/wire.js';
import { folder } from './committing-domain.js';
import type { CommittingDomain } from './committing-domain.js';
import { readBody } from './read-body.js';

const type = avroType(JSON.parse(folder.schema) as object);

/** A record as it waits for a topic; a tombstone has no value. */
export type Sent = {
  key: string;
  headers: ReadonlyMap<string, string>;
  revision: number;
  value: Record<string, unknown> | null;
};

/** What a committing domain sent to a topic, in order. */
export async function sentTo(
  { pool }: CommittingDomain['database'],
  topic: string,
): Promise<Sent[]> {
  const { rows } = await pool.query<OutboxRow>(`SELECT route, hash, body FROM outbox ORDER BY pos`);
  const routes = await pool.query<{ id: number }>(
    `SELECT id FROM outbox_route WHERE $1 = ANY(topics)`,
    [topic],
  );
  const own = rows
    .flatMap((row) => [...unpacked(row)])
    .filter(({ route }) => routes.rows.some(({ id }) => id === route));
  return own.map(({ body }) => {
    const { key, value, headers } = readBody(body);
    return {
      ...{ key, headers, revision: Number(headers.get('ce_recordrevision')) },
      value: value ? (type.fromBuffer(splitWire(value)!.avro) as Record<string, unknown>) : null,
    };
  });
}
