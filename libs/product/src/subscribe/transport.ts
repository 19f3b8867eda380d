import { applyDecorators, Catch, UseFilters } from '@nestjs/common';
import type { ArgumentsHost, RpcExceptionFilter } from '@nestjs/common';
import { BaseRpcContext, EventPattern, Server } from '@nestjs/microservices';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { defaultIfEmpty, isObservable, lastValueFrom, throwError } from 'rxjs';
import type { Observable } from 'rxjs';

import { Consumption } from './consumption.js';
import type { ConsumerSettings, SubscribeOptions } from './consumption.js';
import type { DeliveryContext } from './delivery.js';
import type { Received } from './received.js';
import type { SubscriptionStatus } from './subscription.js';

/** Context of a handler: `transaction` is the one its effect belongs in. */
export class RecordContext extends BaseRpcContext<[DeliveryContext]> {
  get transaction(): DeliveryContext['transaction'] {
    return this.args[0].transaction;
  }
  get topic(): string {
    return this.args[0].topic;
  }
  get subscription(): string {
    return this.args[0].subscription;
  }
}

/** Nest would replace a handler's error by "Internal server error", and with it whether trying again helps. */
@Catch()
class KeepError implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Marks a controller's method as the handler of a topic's records: `(records: Received<R>[], context: RecordContext)`.
 * `pattern` is the topic, or a name that `RecordTransport.follow` gives to topics known only later.
 */
export function Records(pattern: string): MethodDecorator {
  return applyDecorators(EventPattern(pattern) as MethodDecorator, UseFilters(new KeepError()));
}

/** What to follow under a pattern; by default the pattern is the topic. */
type FollowOptions = Omit<SubscribeOptions<unknown>, 'handler' | 'topic'>;

/**
 * Nest transport of product records over Kafka. A handler runs in a database transaction with the de-duplication;
 * the offset is committed after it; a record that no handler may have reaches none.
 * Not Nest's own Kafka transport: that logs and skips what it does not know, and commits on a timer.
 */
export class RecordTransport extends Server implements CustomTransportStrategy {
  readonly #settings: ConsumerSettings;
  readonly #defaults: FollowOptions;
  #consumption: Consumption | null = null;

  constructor(settings: ConsumerSettings, defaults: FollowOptions = {}) {
    super();
    this.#settings = settings;
    this.#defaults = defaults;
  }

  /** Called by Nest when the service starts: follows every topic that a handler names. */
  listen(callback: (error?: unknown) => void): void {
    this.#consumption = new Consumption(this.#settings);
    for (const pattern of this.messageHandlers.keys()) {
      if (isTopic(pattern)) this.follow(pattern);
    }
    callback();
  }

  /** Called by Nest when the service stops: waits for the batches in hand. */
  async close(): Promise<void> {
    await this.#consumption?.stop();
    this.#consumption = null;
  }

  /**
   * Follows a topic that became known after the start; its records go to the handlers of `pattern`.
   * Throws if there are none: records must not be called handled, nor refused, because nobody takes them.
   */
  follow(topic: string, pattern: string = topic, options: FollowOptions = {}): void {
    if (this.getHandlerByPattern(pattern) === null) throw new Error(`no handler for ${pattern}`);
    this.#consumption?.follow<unknown>({
      ...this.#defaults,
      ...options,
      topic,
      handler: (records, context) => this.#handle(pattern, records, context),
    });
  }

  /** Stops a subscription (by default named as its topic), after the batch in hand. */
  async unfollow(name: string): Promise<void> {
    await this.#consumption?.unfollow(name);
  }

  /** How each subscription stands. */
  subscriptions(): SubscriptionStatus[] {
    return this.#consumption?.status() ?? [];
  }

  on(): never {
    throw new Error('this transport has no events; ask subscriptions() how it stands');
  }

  unwrap<T>(): T {
    return this.#consumption as T;
  }

  async #handle(
    pattern: string,
    records: readonly Received<unknown>[],
    context: DeliveryContext,
  ): Promise<void> {
    let next = this.getHandlerByPattern(pattern);
    for (; next; next = (next.next as typeof next | undefined) ?? null) {
      const result: unknown = await next(records, new RecordContext([context]));
      if (isObservable(result)) await lastValueFrom(result.pipe(defaultIfEmpty(null)));
    }
  }
}

/** A pattern that is a topic ends in its major version. */
const isTopic = (pattern: string): boolean => /\.v[0-9]+$/.test(pattern);
