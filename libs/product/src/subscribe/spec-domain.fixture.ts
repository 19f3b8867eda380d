import { allow, can, clientToken, match, of, sharedStack } from '@caremesh/testing';

import { createProducer } from '../kafka/client.js';
import type { KafkaConnection } from '../kafka/client.js';

/** One principal that may write and read everything of the invented domain `spec`. */
const PRINCIPAL = 'svc-disclosure';

/** The shared stack with that domain in it: how its clients reach the broker, and a publisher of it. */
export async function specDomain() {
  const stack = await sharedStack('postgresql', 'identity', 'kafka');
  const prefix = { name: 'spec.', pattern: match.PREFIXED };
  await allow(stack, PRINCIPAL, [
    { on: of.TOPIC, ...prefix, operations: [can.READ, can.WRITE, can.DESCRIBE] },
    { on: of.GROUP, ...prefix, operations: [can.READ] },
  ]);
  const connectionFor = (clientId: string): KafkaConnection => ({
    brokers: stack.kafkaBrokers,
    clientId,
    tokens: { token: () => clientToken(stack, PRINCIPAL, 'mesh-kafka') },
  });
  return { stack, connectionFor, producer: createProducer(connectionFor('spec')) };
}
