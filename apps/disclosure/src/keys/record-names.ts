import { keys } from '@caremesh/contract';

import { identityOf } from '../disclose/product-record.js';
import type { ProductReceived } from '../disclose/product-record.js';
import type { Pseudonyms } from './pseudonyms.js';

/** What a view calls people, records and events. */
export type RecordNames = {
  /** Null where the record does not say who it is about; the view may know them from earlier. */
  person(record: ProductReceived): string | null;
  record(product: string, recordId: string): string;
  event(id: string): string;
};

/** The recipient's own names, which nobody else has. */
export function pseudonymous(pseudonyms: Pseudonyms): RecordNames {
  return {
    person(record) {
      if (record.key.person === keys.NO_PERSON) return keys.NO_PERSON;
      const identity = identityOf(record);
      return identity === null ? null : pseudonyms.person(identity);
    },
    record: (product, recordId) => pseudonyms.record(product, recordId),
    event: (id) => pseudonyms.event(id),
  };
}

const MADE = /^[a-z2-7]{26}$/;

/**
 * The publisher's names, as every reader of the product has them. An event that began here, such as the end of what somebody
 * took away with them, has an id made of what it ends.
 */
export function asPublished(topic: string): RecordNames {
  const key = Buffer.from(topic);
  return {
    person: (record) => record.key.person,
    record: (_, recordId) => recordId,
    event: (id) => (MADE.test(id) ? id : keys.keyedHash(key, `care-event\u0000${id}`)),
  };
}
