import type { PersonRef } from '../person/person-ref.js';
import { fault, Faulty } from '../errors.js';
import type { Fault } from '../errors.js';
import { countsTheSame, heard, isHeld as isChoiceHeld } from '../choices/held.js';
import type { Content } from './codec.js';
import type { Emitter } from './emit.js';
import { merge, mergePeople } from './merge.js';
import type {
  Alias,
  KeyedBackFill,
  KeyedChange,
  KeyedChoice,
  KeyedExpire,
  KeyedFaulty,
  KeyedRestriction,
  KeyedRetract,
  KeyedStanding,
  KeyedUpsert,
  RecordState,
  Refused,
} from './model.js';
import { heldAs, publishedId } from './model.js';
import { recordMeant } from './keeper.js';
import { restrictedAfter } from '../person/restriction.js';
import { reusedBy } from './reused.js';
import { stand } from './stand.js';
import { BOTH, isRestricted } from './standing.js';
import type { World } from './world.js';

/**
 * `closed`: not used, the record having been taken back as one that never was. `older`: unchanged, though what a message
 * that states part of a record says may be said by none of the later ones.
 */
export type Applied =
  'accepted' | 'unchanged' | 'older' | 'retracted' | 'notUsed' | 'closed' | Fault | Faulty;

/**
 * Applies one change to the state and emits what must be published.
 * A change older than the state held, or that says what is held already, changes nothing; one that counts only for a record
 * held is not used for any other, and a record that was closed is changed only by what opens it.
 */
export async function apply(
  world: World,
  emitter: Emitter,
  change: Exclude<KeyedChange, KeyedFaulty>,
): Promise<Applied> {
  if (change.change === 'expire') return expire(world, emitter, change);
  if (change.change === 'back-fill') return backFill(world, emitter, change);
  if (change.change === 'choice') return applyChoice(world, emitter, change);
  if (change.change === 'restriction') return applyRestriction(world, emitter, change);
  if (change.change === 'merge') return merge(world, emitter, change);
  const found = await recordMeant(world, change);
  if ('code' in found) return found;
  await fillFirst(world, emitter, change, found.record);
  if (change.onlyIfHeld && !isHeld(world, found.record)) return 'notUsed';
  if (isOutdated(world, change, found.record)) return 'unchanged';
  const meant = await asHeld(world, change, found);
  return meant.change === 'upsert' ? upsert(world, emitter, meant) : retract(world, emitter, meant);
}

/**
 * What an earlier major held of the record before this change is taken over first, where filling has not come to it yet: else
 * a message that states a part would stand for the whole, and a late one for the newest.
 */
async function fillFirst(
  world: World,
  emitter: Emitter,
  { product: { earlier }, traceparent }: KeyedUpsert | KeyedRetract,
  record: string,
): Promise<void> {
  if (!earlier || world.records.has(record)) return;
  const held = world.records.get(earlier.recordOf(record));
  if (!held?.before) return;
  const change = await earlier.fill(held, traceparent);
  if (typeof change !== 'string') backFill(world, emitter, change);
}

/** What a change is refused for that counts only for a record held; null, not used, if it is not. */
export async function refusedFor(world: World, change: KeyedFaulty): Promise<Refused | null> {
  const found = await recordMeant(world, change);
  if ('code' in found) return { step: 'state', errors: [found] };
  return isHeld(world, found.record) ? change.refused : null;
}

const isHeld = (world: World, record: string): boolean =>
  world.records.get(record)?.retracted === false;

/** The change of the record that is meant; where the change does not state its keeper and an earlier one did, its publisher stays. */
async function asHeld<C extends KeyedUpsert | KeyedRetract>(
  world: World,
  change: C,
  { record, keeper }: { record: string; keeper: string | null },
): Promise<C> {
  const held = world.records.get(record);
  const stays = held && keeper !== null && change.kept?.keeper === null;
  if (!stays && record === change.record) return change;
  const publisherOds = stays
    ? String((await change.product.codecOf(held.schemaId)).content(held.content)['publisherOds'])
    : change.publisherOds;
  return { ...change, record, publisherOds, ...(change.change === 'upsert' && { state: null }) };
}

async function upsert(world: World, emitter: Emitter, change: KeyedUpsert): Promise<Applied> {
  const held = world.records.get(change.record);
  if (held && !change.inOrder && isOlder(change.at, held.at)) return late(change);
  if (held?.closed && !change.opens) return 'closed';
  const reused = held && (await reusedBy(world, change, held));
  if (reused) return reused;
  const before = held && !held.retracted ? held : null;
  const content = await contentOf(world, change, before);
  if (content instanceof Faulty) return content;
  const { person, ref, merged } = await settlePerson(world, emitter, change);
  const { publisherOds } = change;
  const identity = { record: publishedId(change.record), person: ref, publisherOds };
  const state =
    change.state && ref === change.ref
      ? change.state
      : change.product.codec.state(identity, content);
  if (before && before.person === person && (await isSame(change, before, state))) {
    if (change.at !== null && change.at !== before.at) world.touch(before, change.at);
    return merged ? 'accepted' : 'unchanged';
  }
  const published = held && held.revision > 0;
  if (published && held.person !== person) emitter.tombstone(world, held, change);
  const next = world.put({
    record: change.record,
    product: heldAs(change.product),
    person,
    revision: (held?.revision ?? 0) + 1,
    retracted: false,
    closed: false,
    expired: false,
    at: change.at ?? held?.at ?? null,
    schemaId: change.product.codec.schemaId,
    content: state,
  });
  world.receivedBefore(next, change.at === null ? change.receivedAt : undefined);
  emitter.record(world, next, change, identity, content, published ? 'UPDATED' : 'CREATED');
  return 'accepted';
}

/**
 * To whom the record belongs: merges are followed, and a person known so far by a local identifier alone is merged into
 * the one with the NHS number as soon as a record gives both. Whoever is named by local identifiers alone is the one with
 * an NHS number that one of them is known for; if none is, all of them are the first. Of two with numbers nobody is moved.
 */
async function settlePerson(
  world: World,
  emitter: Emitter,
  change: KeyedUpsert | KeyedStanding,
): Promise<{ person: string; ref: PersonRef; merged: boolean }> {
  let { person, ref } = world.meant(change.person, change.ref);
  let merged = false;
  for (const { key } of change.aliases) {
    const other = world.survivorOf(key);
    if (other.person === person) continue;
    const number = other.ref?.nhsNumber ?? null;
    if (change.ref.nhsNumber === null && number !== null) {
      if (ref.nhsNumber !== null) continue;
      const intoRef = { ...other.ref!, local: other.ref!.local ?? ref.local };
      await mergePeople(world, emitter, change, { from: person, into: other.person, intoRef });
      ({ person } = other);
      ref = intoRef;
      merged = true;
    } else if (number === null && world.persons.has(other.person)) {
      await mergePeople(world, emitter, change, { from: other.person, into: person, intoRef: ref });
      merged = true;
    } else {
      // Remembered, so that a later record with the local identifier alone finds its person.
      world.redirect(key, person, ref);
    }
  }
  return { person, ref, merged };
}

/**
 * One entry of the person's record about a choice: it counts if it took effect later than what was known. One that takes
 * back what never came is told of, and remembered: should an earlier form of it come after all, that says nothing new.
 */
async function applyChoice(world: World, emitter: Emitter, change: KeyedChoice): Promise<Applied> {
  const { choice, said, unheld } = change;
  const { person, merged } = await settlePerson(world, emitter, change);
  const { choices: before, restriction } = world.person(person);
  const now = heard(before, choice, said);
  await stand(world, emitter, change, person, { choices: now, restriction });
  if (unheld && !isChoiceHeld(before, choice, said)) return fault(unheld, '/status');
  const same = countsTheSame(before?.[choice], now?.[choice]);
  return merged || !same ? 'accepted' : 'unchanged';
}

/**
 * One statement of whether the person is restricted, which counts if it is newer than what is held. That somebody is not who
 * never was says nothing, and is not kept.
 */
async function applyRestriction(
  world: World,
  emitter: Emitter,
  change: KeyedRestriction,
): Promise<Applied> {
  const { restricted, at } = change;
  const named = [change.person, ...change.aliases.map(({ key }) => key)];
  const isKnown = named.some((key) => world.persons.get(world.survivorOf(key).person)?.restriction);
  if (!restricted && !isKnown) return 'unchanged';
  const { person, ref, merged } = await settlePerson(world, emitter, change);
  const { choices, restriction: before } = world.person(person);
  const isLocal = ref.nhsNumber === null;
  const now = restrictedAfter(before, { said: { restricted, at }, isLocal }, emitter.now);
  await stand(world, emitter, change, person, { choices, restriction: now });
  const same = isRestricted({ restriction: before }) === isRestricted({ restriction: now });
  return merged || !same ? 'accepted' : 'unchanged';
}

/** What the record is after a change, given what is held before whom it is about is settled. */
async function contentOf(
  world: World,
  change: KeyedUpsert,
  held: RecordState | null,
): Promise<Content | Faulty> {
  const { carry } = change.product;
  if (!carry || !held) return change.content;
  const codec = await change.product.codecOf(held.schemaId);
  const samePerson = namesPersonOf(world, change, held);
  return carry(codec.content(held.content), change.content, { samePerson });
}

/** Whether one of the identifiers of a change stands for the person of a record, merges followed. */
function namesPersonOf(
  world: World,
  { person, aliases }: { person: string; aliases: readonly Alias[] },
  held: RecordState,
): boolean {
  const named = [person, ...aliases.map(({ key }) => key)];
  return named.some((one) => world.survivorOf(one).person === held.person);
}

/** Equal bytes are equal records; a state of an earlier schema version is encoded anew before. */
async function isSame(change: KeyedUpsert, held: RecordState, state: Buffer): Promise<boolean> {
  const { codec } = change.product;
  if (held.schemaId === codec.schemaId) return held.content.equals(state);
  const earlier = await change.product.codecOf(held.schemaId);
  return codec.reencode(earlier.content(held.content)).equals(state);
}

async function retract(world: World, emitter: Emitter, change: KeyedRetract): Promise<Applied> {
  const held = world.records.get(change.record);
  if (held && isOlder(change.at, held.at)) return late(change);
  if (held?.retracted) return close(world, change, held);
  if (held && (await isOfAnother(world, change, held)))
    return fault('recordOfAnother', '/nhsNumber');
  const settled = await retractedPerson(world, change, held);
  const { codec } = change.product;
  const identity = {
    record: publishedId(change.record),
    person: settled?.ref ?? { nhsNumber: null, nhsNumberStatus: '', local: null },
    publisherOds: change.publisherOds,
  };
  const next = world.put({
    record: change.record,
    product: heldAs(change.product),
    person: settled?.person ?? '-',
    // Of a record never published, about nobody known, only the retraction itself is remembered.
    revision: settled ? (held?.revision ?? 0) + 1 : 0,
    retracted: true,
    closed: change.closes ?? false,
    expired: false,
    at: change.at ?? held?.at ?? null,
    schemaId: codec.schemaId,
    content: codec.state(identity, {}),
  });
  world.receivedBefore(next, change.at === null ? change.receivedAt : undefined);
  if (settled) emitter.record(world, next, change, identity, {}, 'RETRACTED');
  return 'retracted';
}

/** What was taken back already may still be closed, and is as new as it was said last; of that nothing is told. */
function close(world: World, { closes, at }: KeyedRetract, held: RecordState): Applied {
  if (closes && !held.closed) world.put({ ...held, closed: true, at: at ?? held.at });
  else if (at !== null && at !== held.at) world.touch(held, at);
  return 'unchanged';
}

/**
 * Whether a retraction names somebody else than the person of a record, merges followed. An identifier that is heard for
 * the first time may be theirs, unless both have an NHS number. Which record is meant of several keepers' was settled before.
 */
async function isOfAnother(
  world: World,
  change: KeyedRetract,
  held: RecordState,
): Promise<boolean> {
  const { person, aliases, ref, kept } = change;
  if (person === null || kept !== undefined || namesPersonOf(world, { person, aliases }, held))
    return false;
  if ([person, ...aliases.map(({ key }) => key)].some((one) => world.isKnown(one))) return true;
  if (!ref?.nhsNumber) return false;
  const codec = await change.product.codecOf(held.schemaId);
  return codec.personOf(held.content).nhsNumber !== null;
}

async function retractedPerson(
  world: World,
  change: KeyedRetract,
  held: RecordState | undefined,
): Promise<{ person: string; ref: PersonRef } | null> {
  if (held) {
    const codec = await change.product.codecOf(held.schemaId);
    return { person: held.person, ref: codec.personOf(held.content) };
  }
  if (change.person === null || change.ref === null) return null;
  const { person, ref } = world.survivorOf(change.person);
  return { person, ref: ref ?? change.ref };
}

/**
 * A tombstone in every edition, and of the state only that the record was, at which revision: should its source send
 * it again, it goes on from there. Nothing was landed, so nothing is to be kept: `unchanged`.
 */
async function expire(world: World, emitter: Emitter, change: KeyedExpire): Promise<Applied> {
  const held = world.records.get(change.record);
  if (!held || held.expired || held.revision !== change.revision) return 'unchanged';
  const earlier = await change.product.codecOf(held.schemaId);
  const publisherOds = String(earlier.content(held.content)['publisherOds']);
  const published = held.revision > 0;
  if (published) emitter.tombstone(world, held, { ...change, publisherOds }, 'RETRACTED');
  const { codec } = change.product;
  const nobody = { nhsNumber: null, nhsNumberStatus: '', local: null };
  world.put({
    ...held,
    revision: published ? held.revision + 1 : 0,
    retracted: true,
    expired: true,
    schemaId: codec.schemaId,
    content: codec.state({ record: publishedId(held.record), person: nobody, publisherOds }, {}),
  });
  endMerges(world, emitter, change, held.person);
  return 'unchanged';
}

/** Of people who are one whose last record of a product is over, nothing is said any more, and nothing kept in clear. */
function endMerges(world: World, emitter: Emitter, change: KeyedExpire, person: string): void {
  const product = heldAs(change.product);
  const isLeft = world
    .recordsOf(person)
    .some((one) => one.product === product && one.revision > 0 && !one.expired);
  if (isLeft) return;
  for (const merge of world.mergesOf(person).filter((one) => one.product === product)) {
    const out = merge.out | world.person(person).out;
    if (out !== BOTH) emitter.mergeEnded(world, change.product, merge, change, out);
    world.putMerge({ ...merge, ref: null, out: BOTH });
  }
}

/**
 * As an upsert of a record never seen, or as a retraction of one never published. Nothing was landed, so nothing is to be
 * kept: `unchanged`.
 */
function backFill(world: World, emitter: Emitter, change: KeyedBackFill): Applied {
  if (world.records.has(change.record)) return 'unchanged';
  const { person, ref } = world.survivorOf(change.person);
  const { publisherOds, product, content, ended } = change;
  const identity = { record: publishedId(change.record), person: ref ?? change.ref, publisherOds };
  const next = world.put({
    record: change.record,
    product: heldAs(product),
    person,
    revision: ended ? 0 : 1,
    retracted: ended !== undefined,
    closed: ended?.closed ?? false,
    expired: ended?.expired ?? false,
    at: change.at,
    schemaId: product.codec.schemaId,
    content: product.codec.state(identity, content),
  });
  if (!ended) emitter.record(world, next, change, identity, content, 'CREATED');
  return 'unchanged';
}

/**
 * Whether a change without a time was received before the record changed last. Only what is taken in again later can be: what
 * came between it must not undo.
 */
const isOutdated = (world: World, { at, receivedAt }: KeyedUpsert | KeyedRetract, record: string) =>
  at === null && receivedAt !== undefined && (world.lastChanged.get(record) ?? 0) > receivedAt;

/** Whether what comes was true earlier than what is held; of what says no time nobody knows. */
export const isOlder = (at: number | null, held: number | null): boolean =>
  at !== null && held !== null && at < held;

/** Of a source that states whole records what is older is superseded; of one that states parts it may be missed. */
const late = ({ product }: KeyedUpsert | KeyedRetract): Applied =>
  product.carry ? 'older' : 'unchanged';
