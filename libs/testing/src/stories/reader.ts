import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { homeAt, readPorts, secretOf } from '@caremesh/local';
import { Consumer, MessagesStreamModes, type ConsumerOptions } from '@platformatic/kafka';

type Connection = Pick<
  ConsumerOptions<Buffer, Buffer, Buffer, Buffer>,
  'bootstrapBrokers' | 'sasl'
>;
/** A record as it stands in Kafka. */
export type Stored = {
  topic: string;
  partition: number;
  offset: bigint;
  key: string;
  value: Buffer | null;
  headers: Record<string, string>;
};

/** The broker's own credential: to look at what really stands in Kafka. No part of the mesh but the stack has it. */
export function asBroker(home: string): Connection {
  const place = homeAt(home);
  return {
    bootstrapBrokers: [`127.0.0.1:${readPorts(place.ports)['kafka.internal']}`],
    sasl: { mechanism: 'PLAIN', username: 'broker', password: secretOf(place, 'kafka-broker') },
  };
}

/** A principal's own connection, by client id and secret at the token address. */
export function asClient(
  access: { bootstrap: string; tokenUrl: string },
  clientId: string,
  clientSecret: string,
): Connection {
  const token = async () => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      resource: 'urn:caremesh:mesh-kafka',
    });
    const answer = await fetch(access.tokenUrl, { method: 'POST', body });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  return {
    bootstrapBrokers: access.bootstrap.split(','),
    sasl: { mechanism: 'OAUTHBEARER', token },
  };
}

/** The secret of a domain or service of this home. */
export const secretAt = (home: string, client: string): string =>
  readFileSync(join(home, 'secrets', client), 'utf8').trim();

/** Everything a topic holds now, from its first record to its end. */
export async function readAll(
  connection: Connection,
  topic: string,
  groupId = `look-${Date.now()}`,
): Promise<Stored[]> {
  const consumer = new Consumer({
    clientId: 'story',
    groupId,
    ...connection,
    autocommit: false,
    retries: 1,
  });
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
    const wanted = new Map(ends.map((end, partition) => [partition, end]));
    for (const [partition, end] of wanted) if (end === 0n) wanted.delete(partition);
    const found: Stored[] = [];
    if (wanted.size === 0) return found;
    const stream = await consumer.consume({
      topics: [topic],
      mode: MessagesStreamModes.MANUAL,
      offsets: ends.map((_, partition) => ({ topic, partition, offset: 0n })),
      maxWaitTime: 100,
    });
    for await (const { partition, offset, key, value, headers } of stream) {
      found.push({
        topic,
        partition,
        offset,
        key: String(key),
        value: value && value.length > 0 ? value : null,
        headers: Object.fromEntries(
          [...headers].map(([name, text]) => [String(name), String(text)]),
        ),
      });
      if (offset + 1n >= (wanted.get(partition) ?? 0n)) wanted.delete(partition);
      if (wanted.size === 0) break;
    }
    return found;
  } finally {
    await consumer.close(true);
  }
}
