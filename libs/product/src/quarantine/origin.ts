import { names } from '@caremesh/contract';

/** Kafka does not tell who wrote a record, but only the topic's own domain may: it is the publisher. */
export function publisherOf(topic: string): string {
  const name = names.parseTopic(topic);
  return name !== null && 'domain' in name ? name.domain : 'mesh';
}
