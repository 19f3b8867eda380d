import { Consumer, findErrorBy, Producer } from '@platformatic/kafka';
import type { ConsumerOptions, ProducerOptions } from '@platformatic/kafka';

import { FlatConsumer } from './flat-consumer.js';
import type { FlatOptions, Gathering } from './flat-consumer.js';

/** How to reach the broker: addresses, the name this client goes by, and who gives it tokens. */
export type KafkaConnection = {
  brokers: string[];
  clientId: string;
  /** Gives OAUTHBEARER tokens (audience mesh-kafka). Left out only against a test broker without sign-in. */
  tokens?: { token(): Promise<string> };
  /** Speak TLS, and trust whom Node trusts. */
  encrypted?: boolean;
};

/** The options every client of the broker shares. A token is asked for at each connect and re-authentication. */
export function kafkaOptions({ brokers, clientId, tokens, encrypted }: KafkaConnection) {
  return {
    clientId,
    bootstrapBrokers: brokers,
    connectTimeout: 5_000,
    timeout: 30_000,
    retries: 5,
    retryDelay: 250,
    autocreateTopics: false,
    ...(encrypted && { tls: {} }),
    ...(tokens && { sasl: { mechanism: 'OAUTHBEARER' as const, token: () => tokens.token() } }),
  };
}

type Bytes = Buffer;

/**
 * Most bytes of one answer of the broker. The client's 50 MiB come as some 800 pieces of a socket that it looks through for
 * each number it reads, and as 131,000 records of 400 bytes in memory at once; these are 650 of them, in four pieces.
 */
const FETCH_BYTES = 262_144;

/** A consumer of raw bytes: keys, values and headers untouched. */
export function createConsumer(
  connection: KafkaConnection,
  options: Partial<ConsumerOptions<Bytes, Bytes, Bytes, Bytes>> & { groupId: string },
): Consumer<Bytes, Bytes, Bytes, Bytes> {
  return new Consumer({ ...kafkaOptions(connection), maxBytes: FETCH_BYTES, ...options });
}

/** The same for what reads much: it hands out whole batches, whose records are read when they are asked for. `gathering` is asked at each fetch. */
export function createFlatConsumer(
  connection: KafkaConnection,
  options: Partial<FlatOptions> & { groupId: string },
  gathering?: () => Gathering,
): FlatConsumer {
  const all = {
    ...kafkaOptions(connection),
    maxBytes: FETCH_BYTES,
    // Once fewer batches than these lie ready, the next answer is asked for: it holds some 650 records.
    highWaterMark: 2,
    ...options,
  };
  return new FlatConsumer(all, gathering);
}

/**
 * A producer of raw bytes, idempotent and waiting for all replicas: for low volumes such as dead letters.
 * Products leave through the relay (outbox), which keeps the order of each person.
 */
export function createProducer(
  connection: KafkaConnection,
  options: Partial<ProducerOptions<Bytes, Bytes, Bytes, Bytes>> = {},
): Producer<Bytes, Bytes, Bytes, Bytes> {
  return new Producer<Bytes, Bytes, Bytes, Bytes>({
    ...kafkaOptions(connection),
    idempotent: true,
    ...options,
  });
}

/** True if the broker refused a batch for its size: sending it again would end the same. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof Error &&
  ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'].some(
    (id) => findErrorBy(error, 'apiId', id) !== null,
  );
