import { randomBytes } from 'node:crypto';
import { Consumer, findErrorBy } from '@platformatic/kafka';
import type { Message } from '@platformatic/kafka';
import { CliError, cliError, meshErrors } from '../errors.js';
import type { Credential } from './issued.js';
import { Values } from './decode.js';
import { tokenOf } from './token.js';

/** A record as it is printed. */
export type Printed = {
  topic: string;
  partition: number;
  offset: number;
  timestamp: string;
  key: string | null;
  headers: Record<string, string>;
  value: unknown;
};

export type ReadOptions = {
  topics: string[];
  /** Everything there is, in a group of its own: where the next reading begins is not moved. */
  fromBeginning: boolean;
  limit: number | null;
  /** Stop when nothing came for so long; null to wait for ever. */
  idleMs: number | null;
  signal: AbortSignal;
};

type Bytes = Buffer;

const COMMIT_EVERY_MS = 2_000;

/**
 * Reads a grant's topics with its own client and hands over each record in turn.
 * Throws MESH-6520 when the broker refuses the client, MESH-6507 when the identity provider does, MESH-6504 when one cannot be reached.
 */
export async function readRecords(
  credential: Credential,
  options: ReadOptions,
  take: (record: Printed) => void,
): Promise<number> {
  const consumer = consumerOf(credential, options.fromBeginning);
  const place = placeOf(consumer);
  try {
    const stream = await consumer.consume({
      topics: options.topics,
      mode: options.fromBeginning ? 'earliest' : 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      maxWaitTime: 500,
    });
    const ended = endOf(options);
    ended.signal.addEventListener('abort', () => void stream.close());
    let count = 0;
    const values = new Values(credential.registryUrl);
    for await (const message of stream) {
      take(await printed(values, message));
      place.note(message);
      count += 1;
      ended.seen();
      if (count === options.limit) break;
    }
    ended.stop();
    await place.commit();
    return count;
  } catch (error) {
    throw told(error);
  } finally {
    place.stop();
    await consumer.close(true).catch(() => undefined);
  }
}

/** A reading from the beginning commits as every other does, so that it is seen; no later one finds its group. */
function consumerOf(credential: Credential, fromBeginning: boolean) {
  const name = fromBeginning ? `mesh-${randomBytes(4).toString('hex')}` : 'mesh';
  const consumer = new Consumer<Bytes, Bytes, Bytes, Bytes>({
    clientId: credential.clientId,
    groupId: `${credential.groupPrefix}${name}`,
    bootstrapBrokers: credential.bootstrap.split(','),
    ...(credential.securityProtocol === 'SASL_SSL' ? { tls: {} } : {}),
    sasl: { mechanism: 'OAUTHBEARER', token: () => tokenOf(credential, 'mesh-kafka') },
    retries: 3,
    retryDelay: 300,
  });
  // What is wrong comes back from the calls; unheard as an event it would end the process.
  consumer.on('error', () => undefined);
  return consumer;
}

/** Ends the reading on Ctrl-C, or when nothing has come for `idleMs`. */
function endOf({ signal, idleMs }: ReadOptions) {
  const idle = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const seen = () => {
    clearTimeout(timer);
    if (idleMs !== null) timer = setTimeout(() => idle.abort(), idleMs);
  };
  seen();
  return {
    signal: AbortSignal.any([signal, idle.signal]),
    seen,
    stop: () => clearTimeout(timer),
  };
}

/**
 * What was printed is committed as the reading goes on, and not only when it ends: one that stays open is seen to read (so
 * its grant is not called unused, nor its major retired), and one that is killed goes on from about where it was.
 */
function placeOf(consumer: Consumer<Bytes, Bytes, Bytes, Bytes>) {
  const read = new Map<string, ReturnType<typeof afterOf>>();
  let isBehind = false;
  const commit = async () => {
    if (!isBehind) return;
    isBehind = false;
    await consumer.commit({ offsets: [...read.values()] }).catch((error: unknown) => {
      isBehind = true;
      throw error;
    });
  };
  // One that fails is followed by the next; the last says why.
  const timer = setInterval(() => void commit().catch(() => undefined), COMMIT_EVERY_MS);
  return {
    note: (message: Message<Bytes, Bytes, Bytes, Bytes>) => {
      read.set(`${message.topic}/${message.partition}`, afterOf(message));
      isBehind = true;
    },
    commit,
    stop: () => clearInterval(timer),
  };
}

/** The offset after a record, as it is committed. */
function afterOf({ topic, partition, offset }: Message<Bytes, Bytes, Bytes, Bytes>) {
  return { topic, partition, offset: offset + 1n, leaderEpoch: -1 };
}

async function printed(
  values: Values,
  message: Message<Bytes, Bytes, Bytes, Bytes>,
): Promise<Printed> {
  const { topic, partition, offset, timestamp, key, value, headerEntries } = message;
  const headers = headerEntries.map(([name, bytes]) => [name.toString(), bytes?.toString() ?? '']);
  return {
    topic,
    partition,
    offset: Number(offset),
    timestamp: new Date(Number(timestamp)).toISOString(),
    key: key?.toString() ?? null,
    headers: Object.fromEntries(headers) as Record<string, string>,
    value: await values.decode(value),
  };
}

const REFUSALS = [
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
];

/** The broker's refusal in words; a credential that was ended is refused by the identity provider already. */
function told(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const inner = causes(error);
  const known = inner.find((one) => one instanceof CliError);
  if (known) return known;
  const refusal = REFUSALS.find((id) => inner.some((one) => findErrorBy(one, 'apiId', id)));
  if (refusal) return cliError(meshErrors.brokerRefused, refusal, error);
  if (inner.some((one) => one.name === 'AuthenticationError')) {
    return cliError(meshErrors.brokerRefused, 'the credential was not accepted', error);
  }
  return cliError(meshErrors.unreachable, `the broker: ${error.message}`, error);
}

function causes(error: Error): Error[] {
  const under = [error.cause, ...(error instanceof AggregateError ? error.errors : [])];
  return [error, ...under.flatMap((one) => (one instanceof Error ? causes(one) : []))];
}
