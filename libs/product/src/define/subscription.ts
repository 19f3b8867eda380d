import { names } from '@caremesh/contract';

import { ProductError } from '../errors.js';
import type { BatchHandler } from '../subscribe/delivery.js';

/** Another domain's product that a domain reads, for individual care, under a grant to its own service. */
export type Subscription<R = unknown> = {
  /** `<domain>.<product>`. */
  product: string;
  /** Default 1. */
  major?: number;
  /** Gets records in batches, each once and only the latest revision; its effect goes into `context.transaction`. */
  handle: BatchHandler<R>;
};

/**
 * Says what a domain reads of another. Records of the product reach `handle` decoded, and only if their schema is
 * approved for that very product; every other is listed in the domain's own quarantine with its origin.
 */
export function defineSubscription<R>(definition: Subscription<R>): Subscription<R> {
  try {
    topicOf(definition);
  } catch (error) {
    throw new ProductError('definitionInvalid', (error as Error).message);
  }
  return definition;
}

/** The topic that a subscription follows. */
export const topicOf = ({ product, major = 1 }: Pick<Subscription, 'product' | 'major'>): string =>
  names.productTopic(product, major);
