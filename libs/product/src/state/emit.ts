import { keys } from '@caremesh/contract';

import type { PersonRef } from '../person/person-ref.js';
import { personHash } from '../outbox/envelope.js';
import type { Envelope } from '../outbox/envelope.js';
import type { OutboxRow } from '../outbox/pack.js';
import { withSchemaId } from '../registry/wire.js';
import type { Content, Identity, Moment } from './codec.js';
import { heldAs, publishedId } from './model.js';
import type { LiveProduct, RecordState, ToldMerge } from './model.js';
import { BOTH } from './standing.js';
import type { World } from './world.js';

/** What of a change is needed to publish its consequences. */
export type Occasion = {
  product: LiveProduct;
  publisherOds: string;
  at: number | null;
  traceparent: string;
};

/**
 * Turns changed state into outbox rows, numbered per person. One emitter per batch: all its records carry
 * the same recorded time, that of the transaction.
 */
export class Emitter {
  readonly rows: OutboxRow[] = [];
  readonly #recorded: string;

  constructor(
    private readonly domainKey: Uint8Array,
    readonly products: readonly LiveProduct[],
    readonly now: number,
  ) {
    this.#recorded = new Date(now).toISOString();
  }

  /** A record in its new state. */
  record(
    world: World,
    state: RecordState,
    occasion: Occasion,
    identity: Identity,
    content: Content,
    changeType: Moment['changeType'],
    out = world.person(state.person).out,
  ): void {
    const moment = { recordedAt: this.now, at: occasion.at, changeType, survivorKey: null };
    const { product } = occasion;
    const shown = world.isRestricted(state.person)
      ? restricted(product, identity, content)
      : { identity, content, out: 0 };
    this.#emit(world, state.person, state.record, occasion, {
      value: product.codec.wire(shown.identity, shown.content, moment),
      change: changeType,
      eventId: this.#eventId(product, 'record', publishedId(state.record), state.revision),
      revision: state.revision,
      out: out | shown.out,
    });
  }

  /**
   * Nothing is any longer true under the key a record had: it moved to another person, its retention is over, or its
   * person is left out of the editions that are not in `out`.
   */
  tombstone(
    world: World,
    held: RecordState,
    occasion: Occasion,
    change: 'MERGED' | 'RETRACTED' = 'MERGED',
    out = world.person(held.person).out,
  ): void {
    const product = this.#productOf(held);
    this.#emit(
      world,
      held.person,
      held.record,
      { ...occasion, product },
      {
        value: null,
        change,
        eventId: this.#eventId(
          product,
          'tombstone',
          `${held.person}.${publishedId(held.record)}`,
          held.revision + 1,
        ),
        revision: held.revision + 1,
        out,
      },
    );
  }

  /** Says under the old person who the survivor is; ids only. `out`: the editions in which it is not to be said. */
  merged(
    world: World,
    product: LiveProduct,
    merge: ToldMerge & { ref: PersonRef },
    occasion: Occasion,
    // Where the survivor is left out, the old keys end without a word of who continues.
    out = merge.out | world.person(merge.survivor).out,
  ): void {
    const { person: from, into, ref, publisherOds } = merge;
    const record = this.#recordOf(product, merge);
    const whole = { record, person: ref, publisherOds };
    const { identity, out: hidden } = world.isRestricted(from)
      ? restricted(product, whole, {})
      : { identity: whole, out: 0 };
    const moment = {
      recordedAt: this.now,
      at: occasion.at,
      changeType: 'MERGED' as const,
      survivorKey: into,
    };
    const { sequence } = world.person(from);
    this.#emit(
      world,
      from,
      record,
      { ...occasion, product, publisherOds },
      {
        value: product.codec.wire(identity, {}, moment),
        change: 'MERGED',
        // A person can be merged, come apart and be merged again; the sequence tells the occasions apart.
        eventId: this.#eventId(product, 'merged', record, sequence + 1),
        revision: sequence + 1,
        out: out | hidden,
      },
    );
  }

  /** It is no longer said who continues: the survivor left the editions that are not in `out`. */
  mergeEnded(
    world: World,
    product: LiveProduct,
    merge: ToldMerge,
    occasion: Occasion,
    out: number,
  ): void {
    const record = this.#recordOf(product, merge);
    const revision = world.person(merge.person).sequence + 1;
    const eventId = this.#eventId(product, 'tombstone', `${merge.person}.${record}`, revision);
    this.#emit(
      world,
      merge.person,
      record,
      { ...occasion, product },
      {
        ...{ value: null, change: 'RETRACTED', eventId, revision, out },
      },
    );
  }

  #recordOf({ id }: LiveProduct, { person, into }: ToldMerge): string {
    return keys.recordKey(this.domainKey, id, `merged\u0000${person}\u0000${into}`);
  }

  #productOf(held: RecordState): LiveProduct {
    const product = this.products.find((one) => heldAs(one) === held.product);
    if (!product) throw new Error('A record is held of a product that the domain no longer has');
    return product;
  }

  #eventId(product: LiveProduct, kind: string, id: string, revision: number): string {
    return keys.eventId(this.domainKey, kind, id, `${product.id}.v${product.major}`, revision);
  }

  #emit(
    world: World,
    person: string,
    record: string,
    { product, publisherOds, at, traceparent }: Occasion,
    { out, ...part }: Pick<Envelope, 'value' | 'change' | 'eventId' | 'revision'> & { out: number },
  ): void {
    const isNamed = publisherOds !== '' && product.restricted && world.isRestricted(person);
    const envelope = {
      ...part,
      key: `${person}.${publishedId(record)}`,
      publisherOds: isNamed ? product.restricted!.publisherOds : publisherOds,
      time: at === null ? this.#recorded : new Date(at).toISOString(),
      recordedTime: this.#recorded,
      sequence: world.nextSequence(person),
      traceparent,
    };
    const hash = personHash(person);
    for (const edition of product.editions) {
      const route = edition.routes[out]!;
      if (route === null) continue;
      const value =
        envelope.value && edition.schemaId !== product.codec.schemaId
          ? withSchemaId(edition.schemaId, envelope.value.subarray(5))
          : envelope.value;
      this.rows.push({
        route,
        hash,
        body: edition.envelope.body({ ...envelope, value }),
      });
    }
  }
}

/**
 * A record as it is shown of somebody restricted: nothing that tells where they live or go, the issuer of a local identifier
 * among it. Without an NHS number nothing else says who it is, so it is shown nowhere (`out`).
 */
function restricted(
  product: LiveProduct,
  identity: Identity,
  content: Content,
): { identity: Identity; content: Content; out: number } {
  const { person } = identity;
  return {
    identity: {
      record: identity.record,
      person: { ...person, local: null },
      publisherOds: product.restricted?.publisherOds ?? identity.publisherOds,
    },
    content: product.restricted?.shows(content) ?? content,
    out: person.nhsNumber === null ? BOTH : 0,
  };
}
