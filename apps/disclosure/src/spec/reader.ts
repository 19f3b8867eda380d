import { avroType } from '@caremesh/contract';
import { SchemaRegistry } from '@caremesh/product';
import { Consumer } from '@platformatic/kafka';
import type { ConsumerOptions } from '@platformatic/kafka';

type Options = Pick<
  ConsumerOptions<Buffer, Buffer, Buffer, Buffer>,
  'bootstrapBrokers' | 'sasl' | 'clientId'
>;

/** A record of a view, decoded, with all its bytes. */
export type Disclosed = {
  key: string;
  value: Record<string, unknown> | null;
  headers: Record<string, string>;
  raw: Buffer;
  partition: number;
  /** Of the record at the broker. */
  timestamp: bigint;
};

/** Every record of a view so far, as a consumer decodes it with the registry. */
export async function readView(
  options: Options,
  registryUrl: string,
  view: { topic: string; schemaId: number },
  atLeast: number,
): Promise<Disclosed[]> {
  const text = await new SchemaRegistry(registryUrl).schema(view.schemaId);
  const type = avroType(JSON.parse(text!) as object);
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...options,
    groupId: `mesh.${options.clientId.replace('svc-', '')}.reader.${Math.random()}`,
    autocommit: false,
  });
  const stream = await consumer.consume({
    topics: [view.topic],
    mode: 'earliest',
    maxWaitTime: 100,
  });
  const found: Disclosed[] = [];
  stream.on('data', ({ key, value, headerEntries, partition, timestamp }) => {
    const entries = headerEntries.map(([name, bytes]) => [name.toString(), bytes.toString()]);
    const all = [key, ...(value ? [value] : []), ...headerEntries.flat()];
    found.push({
      key: key.toString(),
      value: value ? (type.fromBuffer(value.subarray(5)) as Record<string, unknown>) : null,
      headers: Object.fromEntries(entries) as Record<string, string>,
      raw: Buffer.concat(all),
      ...{ partition, timestamp },
    });
  });
  const end = Date.now() + 60_000;
  while (found.length < atLeast && Date.now() < end) await pause(100);
  await pause(700);
  await consumer.close(true);
  return found;
}

/** Ids of the records of a person that are live in what was read; the person by the publisher's key. */
export function liveOf(records: readonly Disclosed[], person: string): string[] {
  const last = new Map(records.map(({ key, value }) => [key, value]));
  return [...last]
    .filter(([key, value]) => value !== null && key.startsWith(`${person}.`))
    .map(([key]) => key.slice(person.length + 1))
    .sort();
}

/**
 * The records of a view by their ids, once there are so many; what there is after four minutes. What was sent before a kill and
 * not yet noted as sent comes again under its id, so as many records may be there before the last of them is.
 */
export async function effectsIn(
  read: () => Promise<Disclosed[]>,
  count: number,
): Promise<Map<string, Disclosed>> {
  const end = Date.now() + 240_000;
  for (;;) {
    const effects = new Map((await read()).map((one) => [one.headers['ce_id'] ?? '', one]));
    if (effects.size >= count || Date.now() > end) return effects;
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
