import { Consumption } from './consumption.js';
import type { ConsumerSettings, SubscribeOptions } from './consumption.js';
import type { SubscriptionStatus } from './subscription.js';

/** A running subscription. */
export type Subscribed = { status(): SubscriptionStatus; stop(): Promise<void> };

/**
 * Follows one topic. Records reach `handler` typed, decoded and each once; only those whose schema id governance has
 * approved for this very product do. Everything else is on the consumer's quarantine list and in its dead letters.
 * A service built on Nest uses `RecordTransport` and `@Records` instead, which rest on the same.
 */
export function subscribe<R>(settings: ConsumerSettings, options: SubscribeOptions<R>): Subscribed {
  const consumption = new Consumption(settings);
  consumption.follow(options);
  return {
    status: () => consumption.status()[0]!,
    stop: () => consumption.stop(),
  };
}
