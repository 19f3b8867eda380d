import { createConsumer } from './client.js';
import type { KafkaConnection } from './client.js';

/** Where each partition of a topic ends now: the offset that its next record gets. It joins no group. */
export async function topicEnds(
  connection: KafkaConnection,
  topic: string,
): Promise<Map<number, bigint>> {
  const consumer = createConsumer(connection, { groupId: `${connection.clientId}.ends` });
  consumer.on('error', () => undefined);
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
    return new Map(ends.map((end, partition) => [partition, end]));
  } finally {
    await consumer.close(true).catch(() => undefined);
  }
}
