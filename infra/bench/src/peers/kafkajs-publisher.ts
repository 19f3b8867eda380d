import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Kafka, Producer } from 'kafkajs';

export type Published = { key: string; value: unknown; headers: Record<string, string> };

/**
 * The peer for publishing: kafkajs with the Confluent registry client, as their documentation shows them, in batches,
 * acks from all, no compression, no check of any kind. One send in flight, because with two kafkajs loses records.
 */
export class KafkajsPublisher {
  readonly #producer: Producer;
  readonly #registry: SchemaRegistry;

  constructor(kafka: Kafka, registryUrl: string) {
    this.#producer = kafka.producer({ allowAutoTopicCreation: false });
    this.#registry = new SchemaRegistry({ host: registryUrl });
  }

  async connect(): Promise<void> {
    await this.#producer.connect();
  }

  /** Encodes and sends the records in batches of `batch`; resolves when the broker has acknowledged them all. */
  async publish(
    topic: string,
    schemaId: number,
    records: readonly Published[],
    batch = 500,
  ): Promise<void> {
    for (let at = 0; at < records.length; at += batch) {
      const messages = await Promise.all(
        records.slice(at, at + batch).map(async ({ key, value, headers }) => ({
          key,
          headers,
          value: await this.#registry.encode(schemaId, value),
        })),
      );
      await this.#producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages }] });
    }
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }
}
