import { names } from '@caremesh/contract';
import type { Logger } from '@caremesh/platform';
import type { Type } from 'avsc';
import type { Pool } from 'pg';

import { createProducer } from '../kafka/client.js';
import type { KafkaConnection } from '../kafka/client.js';
import type { SchemaRegistry } from '../registry/schema-registry.js';
import { ApprovedSchemas } from './approved.js';
import type { ApprovedLookup } from './approved.js';
import { DeadLetters } from './dead-letters.js';
import type { LetterSender } from './dead-letters.js';
import { Decoder } from './decoder.js';
import { DEFAULT_RETRY, Delivery } from './delivery.js';
import type { BatchHandler, RetryRule } from './delivery.js';
import type { InboxRule } from './inbox.js';
import { sealUnder } from './letter.js';
import type { Letter, LetterSeal } from './letter.js';
import type { Gathering } from '../kafka/flat-consumer.js';
import { Subscription } from './subscription.js';
import type { SubscriptionStatus } from './subscription.js';

const BATCH = 500;

/** Who consumes, and what it works with. */
export type ConsumerSettings = {
  /** `mesh` for a service of the mesh itself: the groups are `<domain>.<consumer>.*`. */
  domain: string;
  consumer: string;
  connection: KafkaConnection;
  /** The consumer's own database, with the tables of `Subscribe…` in it. */
  pool: Pool;
  registry: Pick<SchemaRegistry, 'schema'>;
  approved: ApprovedLookup;
  /** Makes an Avro type of a schema text; refuses hostile ones. */
  parseSchema: (text: string) => Type;
  /** 32 bytes; dead letters that wait in the database are closed under it. */
  serviceKey: Uint8Array;
  log: Logger;
};

/** One topic to follow. */
export type SubscribeOptions<R> = {
  topic: string;
  /** Tells apart two subscriptions to one topic; default: the topic. */
  name?: string;
  /** Gets records in batches, each record once as `rule` has it; its effect goes into `context.transaction`. */
  handler: BatchHandler<R>;
  /** Default `latest`: last revision wins per record. */
  rule?: InboxRule;
  /** Avro text that records are resolved to; default: the newest version approved. */
  readerSchema?: string;
  /** Default: `<domain>.<consumer>.<topic>`. */
  groupId?: string;
  retry?: RetryRule;
  /** Most records of the next transaction; default 500. */
  batchSize?: () => number;
  /** Lets the broker gather records before it answers: fewer transactions, later effect. Default: at once. */
  gathering?: Gathering;
  /** Least time in ms from the beginning of a batch to that of the next, unless as much has come as one may hold: for batches that cost much by themselves. */
  apart?: () => number;
  /** Where a group that has committed nothing begins, per partition. Default, also for a partition not named: the beginning. */
  from?: ReadonlyMap<number, bigint>;
  /** Told, after each commit, the offset per partition up to which all is settled. Must not throw. */
  settled?: (positions: ReadonlyMap<number, bigint>) => void;
};

/**
 * All that one consumer follows: its subscriptions share the list of refusals, the dead letters and what is known
 * of approved schemas.
 */
export class Consumption {
  readonly #settings: ConsumerSettings;
  readonly #approved: ApprovedSchemas;
  readonly #seal: LetterSeal;
  readonly #deadLetters: DeadLetters;
  readonly #sender: { send: LetterSender; close(): Promise<void> };
  readonly #subscriptions = new Map<string, Subscription<never>>();

  constructor(settings: ConsumerSettings) {
    const { pool, consumer, log } = settings;
    this.#settings = settings;
    this.#approved = new ApprovedSchemas(settings.approved);
    this.#seal = sealUnder(settings.serviceKey);
    this.#sender = letterSender(settings);
    this.#deadLetters = new DeadLetters({
      pool,
      consumer,
      seal: this.#seal,
      send: this.#sender.send,
      failed: (error) => log.warn({ err: error }, 'dead letters wait: they cannot be sent now'),
    });
    this.#deadLetters.start();
  }

  /** Begins to read a topic, if this consumer never did from the beginning or as `from` says. Following it twice changes nothing. */
  follow<R>(options: SubscribeOptions<R>): void {
    const name = options.name ?? options.topic;
    if (this.#subscriptions.has(name)) return;
    const subscription = this.#subscriptionOf(options);
    this.#subscriptions.set(name, subscription as unknown as Subscription<never>);
    subscription.start();
  }

  /** Stops a subscription, after the batch in hand. What was read stays committed. */
  async unfollow(name: string): Promise<void> {
    const subscription = this.#subscriptions.get(name);
    this.#subscriptions.delete(name);
    await subscription?.stop();
  }

  /** How each subscription stands. */
  status(): SubscriptionStatus[] {
    return [...this.#subscriptions.values()].map((subscription) => subscription.status());
  }

  /** Stops everything, each after the batch in hand. */
  async stop(): Promise<void> {
    await Promise.all([...this.#subscriptions.keys()].map((name) => this.unfollow(name)));
    await this.#deadLetters.stop();
    await this.#sender.close();
  }

  #subscriptionOf<R>(options: SubscribeOptions<R>): Subscription<R> {
    const { domain, consumer, connection, log } = this.#settings;
    return new Subscription<R>({
      topic: options.topic,
      groupId: options.groupId ?? `${domain}.${consumer}.${options.topic}`,
      connection,
      delivery: this.#deliveryOf(options),
      batchSize: options.batchSize ?? (() => BATCH),
      gathering: options.gathering,
      from: options.from,
      settled: options.settled ?? (() => undefined),
      apart: options.apart,
      log,
    });
  }

  #deliveryOf<R>(options: SubscribeOptions<R>): Delivery<R> {
    const { pool, consumer, registry, parseSchema, log } = this.#settings;
    const { topic } = options;
    return new Delivery<R>({
      subscription: options.name ?? topic,
      pool,
      consumer,
      decoder: new Decoder<R>({
        topic,
        approved: this.#approved,
        schema: (id) => registry.schema(id),
        parse: parseSchema,
        readerSchema: options.readerSchema ?? null,
      }),
      rule: options.rule ?? 'latest',
      handler: options.handler,
      retry: options.retry ?? DEFAULT_RETRY,
      seal: this.#seal,
      deadLetters: this.#deadLetters,
      troubled: (what, error) => log.warn({ topic, what, err: error }, 'a batch is tried again'),
    });
  }
}

function letterSender(settings: ConsumerSettings) {
  const topic = names.deadLetterTopic(settings.domain, settings.consumer);
  const producer = createProducer(settings.connection);
  // Its faults come back from send(); unheard as an event they would end the process.
  producer.on('error', () => undefined);
  const send = async (letters: readonly Letter[]): Promise<void> => {
    const messages = letters.map(({ key, value, headers }) => ({
      topic,
      ...(key !== null && { key }),
      ...(value !== null && { value }),
      headers: new Map(headers.map(([name, bytes]) => [Buffer.from(name), bytes])),
    }));
    await producer.send({ messages });
  };
  return { send, close: () => producer.close(true).catch(() => undefined) };
}
