import { keys } from '@caremesh/contract';
import type { PersonIdentity } from '@caremesh/contract';

// A product is read in the order of its people, so the last few thousand serve nearly every record.
const REMEMBERED = 10_000;

/**
 * Names under one recipient's key. The same person has the same pseudonym in every product and grant of that
 * recipient, purpose and rule of the opt-out, whatever domain the record is from, because it is made of who the person is and not of a
 * domain's key; under another recipient's key nothing is the same.
 */
export class Pseudonyms {
  readonly #key: Uint8Array;
  readonly #people = new Map<string, string>();

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** 26 base32 characters of HMAC-SHA-256 over the NHS number, or over the local identifier with its issuer. */
  person(identity: PersonIdentity): string {
    const text =
      'nhsNumber' in identity ? identity.nhsNumber : `${identity.issuer}:${identity.localId}`;
    const held = this.#people.get(text);
    if (held !== undefined) return held;
    const pseudonym = keys.personKey(this.#key, identity);
    if (this.#people.size >= REMEMBERED) this.#people.clear();
    this.#people.set(text, pseudonym);
    return pseudonym;
  }

  /** Record id within the recipient's views of one product, from the publisher's record id. */
  record(product: string, recordId: string): string {
    return keys.recordKey(this.#key, product, recordId);
  }

  /** A local identifier within one field of one product: no two fields can be joined on it, be their values the same. */
  field(product: string, path: string, value: string): string {
    return keys.keyedHash(this.#key, `view-field\u0000${product}\u0000${path}\u0000${value}`);
  }

  /** `ce_id` in the recipient's views, from the publisher's. */
  event(id: string): string {
    return keys.keyedHash(this.#key, `view-event\u0000${id}`);
  }
}
