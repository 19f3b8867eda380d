import { keys } from '@caremesh/contract';
import type { PersonIdentity } from '@caremesh/contract';

import type { ChoiceStatement } from '../choices/statement.js';
import type { Checks } from '../checks/checks.js';
import type { Change, Merge, Product, Retract, Upsert } from '../define/product.js';
import type { NamedPerson, PersonRef } from '../person/person-ref.js';
import type { Restriction, SourceItem } from '../define/source.js';
import { fault, Faulty } from '../errors.js';
import type { Fault } from '../errors.js';
import type { Content } from '../state/codec.js';
import { contradictsNumber } from '../person/nhs-number.js';
import { shownId } from '../person/shown-id.js';
import { heldRecord, publishedId } from '../state/model.js';
import type { Alias, KeyedChange, Kept, LiveProduct } from '../state/model.js';
import { digest16 } from './ids.js';

/** A product as it runs: what the domain wrote, what was approved, what is checked. */
export type RunningProduct = {
  definition: Product<unknown, Content>;
  live: LiveProduct;
  checks: Checks;
};
/** Where the item came from: constant for a submission. */
export type Arrival = {
  source: string;
  contentType: string;
  traceparent: string;
  receipt: string;
};
/** Which step refused an item, and why. */
export type Refusal = { step: string; product: string; errors: Fault[]; publisherOds?: string };

/** An item ready to be committed: what it changes, or why it cannot. */
export type Prepared = {
  index: number;
  sourceId: string | null;
  publisherOds: string | null;
  raw: Buffer;
  preamble: string;
  part: string | null;
  /** Where it stands in what was sent, in words. */
  place?: string;
  arrival: Arrival;
  /**
   * Set for an item that may be landed once: its identity, and what its bytes were; `byBytes` if it has no other identity, `whileRefused`
   * if it is known by it no longer than it is refused.
   */
  landing: { key: Buffer; digest: Buffer; byBytes?: true; whileRefused?: true } | null;
  /** The root row of a joined source that the item was made from. */
  joinedRoot?: Buffer;
  /** The row of a joined source that could not be read, where it is known which it is: it closes the refusal when it comes. */
  joinedRow?: { key: Buffer; at: number | null };
  /** The quarantine entry that it was taken in again from: refused anew, it stays that one. */
  entry?: string;
  changes: KeyedChange[];
  refusal: Refusal | null;
  notUsed: Fault[] | null;
};

type Mapped = Pick<Prepared, 'changes' | 'refusal' | 'notUsed'>;

const KEPT_KEYS = 20_000;

/** Runs mappings and checks on items as they are read, while the batch before them is being committed. */
export class Preparer {
  readonly #keys = new Map<string, string>();
  /** A file has one header for all its rows, so that one digest is made for them. */
  #header = { text: '', digest: '' as string | Buffer };

  constructor(
    private readonly domainKey: Uint8Array,
    private products: readonly RunningProduct[],
    /** Set for a domain's source of people's choices. */
    private readonly tells?: 'choices',
  ) {}

  /** From now on these products are made: a major was approved beside another, or retired. */
  make(products: readonly RunningProduct[]): void {
    this.products = products;
  }

  prepare(item: SourceItem<unknown>, arrival: Arrival): Prepared {
    const raw = typeof item.raw === 'string' ? Buffer.from(item.raw) : asBuffer(item.raw);
    const { place } = item;
    const outcome = this.#outcomeOf(item, arrival);
    if (place) {
      if (outcome.refusal) outcome.refusal = atPlace(outcome.refusal, place);
      for (const change of outcome.changes)
        if (change.change === 'faulty') change.refused = atPlace(change.refused, place);
    }
    // First: what follows of the item is shown as its person stands then.
    const restriction = this.#restriction(item, arrival.traceparent);
    if (restriction) outcome.changes = [restriction, ...outcome.changes];
    return {
      index: item.index,
      sourceId: shownIdOf(item, outcome.changes),
      publisherOds: item.publisherOds ?? null,
      raw,
      preamble: item.preamble ?? '',
      part: item.part ?? null,
      arrival,
      ...(place && { place }),
      landing: this.#landingOf(item, raw, arrival.source),
      ...outcome,
    };
  }

  #outcomeOf(item: SourceItem<unknown>, arrival: Arrival): Mapped {
    if (item.outcome === undefined) return this.map(item.record, arrival.traceparent);
    if (item.outcome === 'notUsed') return { changes: [], refusal: null, notUsed: item.errors };
    const product = this.products[0]?.live.id ?? '';
    const refusal = { step: 'read', product, errors: item.errors };
    return { changes: [], refusal, notUsed: null };
  }

  /** What a source record changes in each product that is made from it. */
  map(record: unknown, traceparent: string): Mapped {
    if (this.tells) return this.#choice(record as ChoiceStatement, traceparent);
    const changes: KeyedChange[] = [];
    let refusal: Refusal | null = null;
    let used = false;
    for (const product of this.products) {
      const mapped = mapSafely(product, record);
      if (mapped instanceof Faulty) {
        const failed = { step: 'map', product: product.live.id, errors: [...mapped.faults] };
        if (mapped.onlyIfHeld)
          changes.push(this.#keyedFaulty(product.live, mapped.onlyIfHeld, failed, traceparent));
        else refusal = failed;
        continue;
      }
      for (const change of mapped) {
        used = true;
        const keyed = this.#keyed(product, change, traceparent);
        if (!('step' in keyed)) changes.push(keyed);
        else if (change.change !== 'merge' && change.onlyIfHeld)
          changes.push(this.#keyedFaulty(product.live, change, keyed, traceparent));
        else refusal = keyed;
      }
    }
    const notUsed = used || refusal || changes.length > 0 ? null : [fault('kindNotUsed', '/')];
    return { changes, refusal, notUsed };
  }

  /** Of no product; the first stands for the domain, whatever the person has in it. */
  #choice(statement: ChoiceStatement, traceparent: string): Mapped {
    const { person, choice, objects, at, id, changed, unheld } = statement;
    const change: KeyedChange = {
      ...{ change: 'choice', product: this.products[0]!.live, publisherOds: '', traceparent },
      at: objects === null ? null : at,
      person: this.#personKey(person),
      aliases: this.#aliasesOf(person),
      ...{
        ref: refOf(person),
        choice,
        said: { objects, at, id, ...(changed !== undefined && { changed }) },
      },
      ...(unheld && { unheld }),
    };
    return { changes: [change], refusal: null, notUsed: null };
  }

  /** As a choice, it is of no product. Somebody who cannot be told is somebody of whom nothing is held. */
  #restriction(
    { restriction, publisherOds }: { restriction?: Restriction; publisherOds?: string | null },
    traceparent: string,
  ): KeyedChange | null {
    const product = this.products[0]?.live;
    if (!restriction || !product || personFault(refOf(restriction.person), '/')) return null;
    const { person, restricted, at } = restriction;
    return {
      ...{ change: 'restriction', product, publisherOds: publisherOds ?? '', traceparent },
      at: at === null ? null : Date.parse(at),
      person: this.#personKey(person),
      aliases: this.#aliasesOf(person),
      ...{ ref: refOf(person), restricted },
    };
  }

  #keyed(
    product: RunningProduct,
    change: Change<Content>,
    traceparent: string,
  ): KeyedChange | Refusal {
    const { live } = product;
    const at = change.at === null ? null : Date.parse(change.at);
    if (Number.isNaN(at))
      return { step: 'map', product: live.id, errors: [fault('mappingFailed', '/at')] };
    const head = { product: live, publisherOds: change.publisherOds, at, traceparent };
    if (change.change === 'merge') return this.#keyedMerge(head, change);
    return change.change === 'retract'
      ? this.#keyedRetract(head, change)
      : this.#keyedUpsert(product, head, change);
  }

  #keyedMerge(head: Head, { from, into }: Merge): KeyedChange | Refusal {
    const faults = [from, into].map((one, at) => {
      const path = at === 0 ? '/from' : '/into';
      return personFault(one, path) ?? statusFault(one, path);
    });
    const errors = faults.filter((one) => one !== null);
    if (errors.length > 0) return { step: 'key', product: head.product.id, errors };
    return {
      ...head,
      change: 'merge',
      from: this.#personKey(from),
      fromRef: refOf(from),
      into: this.#personKey(into),
      intoRef: refOf(into),
      aliases: [...this.#aliasesOf(into), ...this.#aliasesOf(from)],
    };
  }

  /** The keys by which a person may be held beside the one that their records are under. */
  #aliasesOf({ nhsNumber, local, others = [] }: NamedPerson): Alias[] {
    const beside = nhsNumber !== null && local !== null ? [local, ...others] : others;
    // What nobody issued may be anybody's.
    return beside
      .filter(({ issuer }) => issuer !== '')
      .map((one) => ({ key: this.#localKey(one), nhsNumber, id: one.id }));
  }

  #keyedRetract(head: Head, change: Retract): KeyedChange | Refusal {
    if (change.sourceRecordId === '') {
      const errors = [fault('recordIdMissing', '/recordId')];
      return { step: 'key', product: head.product.id, errors };
    }
    const known = change.person !== null && personFault(refOf(change.person), '/') === null;
    return {
      ...head,
      change: 'retract',
      ...this.#recordOf(head.product, change),
      person: known ? this.#personKey(change.person!) : null,
      aliases: known ? this.#aliasesOf(change.person!) : [],
      ref: known ? refOf(change.person!) : null,
      ...(change.onlyIfHeld && { onlyIfHeld: true }),
      ...(change.closes && { closes: true }),
    };
  }

  #keyedUpsert(
    product: RunningProduct,
    head: Head,
    change: Upsert<Content>,
  ): KeyedChange | Refusal {
    const { live, checks } = product;
    const { record, kept } =
      change.sourceRecordId === '' ? { record: '' } : this.#recordOf(live, change);
    const identity = {
      record: publishedId(record),
      person: refOf(change.person),
      publisherOds: change.publisherOds,
    };
    const candidate = { identity, content: change.content, codec: live.codec, state: null };
    const failed = checks.run(candidate);
    if (failed) return { ...failed, product: live.id, publisherOds: change.publisherOds };
    return {
      ...head,
      change: 'upsert',
      record,
      ...(kept && { kept }),
      person: this.#personKey(change.person),
      aliases: this.#aliasesOf(change.person),
      ref: identity.person,
      content: change.content,
      state: live.carry ? null : candidate.state,
      ...(change.onlyIfHeld && { onlyIfHeld: true }),
      ...(change.opens && { opens: true }),
    };
  }

  /** What is wrong with a change of a record that may not be held: whether it is refused is decided with its state. */
  #keyedFaulty(
    product: LiveProduct,
    change: NonNullable<Faulty['onlyIfHeld']>,
    { step, errors }: Refusal,
    traceparent: string,
  ): KeyedChange {
    const { publisherOds } = change;
    return {
      ...{ product, publisherOds, traceparent, at: null },
      ...{ change: 'faulty', onlyIfHeld: true, person: null, refused: { step, errors } },
      ...this.#recordOf(product, change),
    };
  }

  /**
   * An item with an identity of its own is landed once under it. One that only has a time is known again by its
   * bytes: sent again it must not undo what came between. One with neither is taken in order of receipt, and is known by its bytes for
   * as long as it is refused: sent again it is the same fault. The bytes of a row mean nothing without the header they stand
   * under: under a corrected one it is another row.
   */
  #landingOf(item: SourceItem<unknown>, raw: Buffer, source: string): Prepared['landing'] {
    if (item.messageId)
      return {
        key: digest16('id\u0000', source, '\u0000', item.messageId),
        digest: digestOfMessage(raw),
      };
    // Of what stands for the rest of a file nothing is kept by which it could be known.
    if (item.outcome === 'notUsed' || raw.length === 0) return null;
    const isTimed = item.outcome === undefined && item.at !== null;
    const digest = isTimed ? digest16(raw) : digestOfMessage(raw);
    const header = this.#digestOfHeader(item.preamble ?? '');
    const key = digest16('bytes\u0000', source, '\u0000', header, digest);
    return { key, digest, byBytes: true, ...(!isTimed && { whileRefused: true }) };
  }

  #digestOfHeader(header: string): string | Buffer {
    if (header !== this.#header.text) this.#header = { text: header, digest: digest16(header) };
    return this.#header.digest;
  }

  #personKey({ nhsNumber, local }: PersonRef): string {
    return nhsNumber !== null ? this.#keyOf(nhsNumber, { nhsNumber }) : this.#localKey(local!);
  }

  #localKey(local: { issuer: string; id: string }): string {
    return this.#keyOf(`${local.issuer}:${local.id}`, { issuer: local.issuer, localId: local.id });
  }

  /** The same people come again and again in a file; their keys are made once and kept for a while. */
  #keyOf(name: string, person: PersonIdentity): string {
    let key = this.#keys.get(name);
    if (key === undefined) {
      if (this.#keys.size >= KEPT_KEYS) this.#keys.clear();
      this.#keys.set(name, (key = keys.personKey(this.domainKey, person)));
    }
    return key;
  }

  #recordOf(
    product: LiveProduct,
    {
      sourceRecordId,
      keeper,
      likelyKeeper,
    }: Pick<Retract, 'sourceRecordId' | 'keeper' | 'likelyKeeper'>,
  ): { record: string; kept?: Kept } {
    const id = this.#recordKey(product, sourceRecordId);
    if (keeper === undefined) return { record: id };
    const keyOf = (one: string) => this.#recordKey(product, `${one}/${sourceRecordId}`);
    if (keeper !== null) return { record: keyOf(keeper), kept: { id, keeper } };
    const likely = likelyKeeper && { keeper: likelyKeeper, record: keyOf(likelyKeeper) };
    return { record: id, kept: { id, keeper, ...(likely && { likely }) } };
  }

  #recordKey(product: LiveProduct, sourceRecordId: string): string {
    return heldRecord(keys.recordKey(this.domainKey, product.id, sourceRecordId), product);
  }
}

/** What an item is called in answers and listings: never by what tells who it is about. */
export function shownIdOf(
  { index, sourceId, place }: Pick<SourceItem<unknown>, 'index' | 'sourceId' | 'place'>,
  changes: readonly KeyedChange[] = [],
): string | null {
  if (sourceId === null || sourceId === '') return place ?? null;
  const people = changes.flatMap((change) => identifiersOf(change));
  return shownId(sourceId, people) ?? place ?? `item ${index + 1}`;
}

function identifiersOf(change: KeyedChange): (string | null)[] {
  if (change.change === 'expire' || change.change === 'faulty') return [];
  const ref = change.change === 'merge' ? change.intoRef : change.ref;
  const beside = 'aliases' in change ? change.aliases.map(({ id }) => id) : [];
  return ref ? [ref.nhsNumber, ref.local?.id ?? null, ...beside] : beside;
}

/** What was refused, and where that stands. */
export const atPlace = <R extends { errors: Fault[] }>(refused: R, place: string): R => ({
  ...refused,
  errors: refused.errors.map((one) => ({ ...one, message: `${one.message} (${place})` })),
});

type Head = Pick<KeyedChange, 'product' | 'publisherOds' | 'at' | 'traceparent'>;

function mapSafely({ definition }: RunningProduct, record: unknown): Change<Content>[] | Faulty {
  try {
    return definition.map(record);
  } catch {
    // The error's own text may hold a value of the record, so it goes nowhere.
    return new Faulty([fault('mappingFailed', '/')]);
  }
}

/** Who a person is, without what else they are known by. */
const refOf = ({ nhsNumber, nhsNumberStatus, local }: NamedPerson): PersonRef => ({
  nhsNumber,
  nhsNumberStatus,
  local,
});

function personFault({ nhsNumber, local, others = [] }: NamedPerson, path: string): Fault | null {
  if (nhsNumber === null && local === null) return fault('personMissing', path);
  const unissued = [local, ...others].some((one) => one?.issuer === '');
  return unissued ? fault('localIdIssuerMissing', path) : null;
}

/** As the check of a record's key has it: whoever survives is published under the status that the merge states. */
const statusFault = ({ nhsNumber, nhsNumberStatus }: PersonRef, path: string): Fault | null =>
  contradictsNumber(nhsNumberStatus, nhsNumber) ? fault('nhsNumberStatusConflict', path) : null;

/**
 * What tells whether a message is the one that was landed under its identity, or was refused: line ends and blanks behind it are of the file or
 * frame that it came in, and differ when the next stands behind it.
 */
function digestOfMessage(raw: Buffer): Buffer {
  let end = raw.length;
  while (end > 0 && BETWEEN_MESSAGES.has(raw[end - 1]!)) end--;
  return digest16(raw.subarray(0, end));
}

const BETWEEN_MESSAGES = new Set(Buffer.from('\r\n \t'));

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
