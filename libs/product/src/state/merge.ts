import { heardOfBoth } from '../choices/held.js';
import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import type { PersonRef } from '../person/person-ref.js';
import type { Emitter } from './emit.js';
import { restrictedOfBoth } from '../person/restriction.js';
import { heldAs, publishedId } from './model.js';
import type { Alias, KeyedChange, KeyedMerge, LiveProduct, RecordState } from './model.js';
import { stand, standMerges } from './stand.js';
import type { World } from './world.js';

/** Who somebody is now, merges followed. */
type Meant = { person: string; ref: PersonRef };

/**
 * What a source tells of two who are one. Told again, or of two who are one by now, it says nothing new; a survivor who ended in the
 * other one is a circle, unless they ended there for the sake of the other's NHS number.
 */
export async function merge(
  world: World,
  emitter: Emitter,
  change: KeyedMerge,
): Promise<'accepted' | 'unchanged' | Fault> {
  if (change.from === change.into) return fault('mergeIntoSelf', '/merge');
  const from = world.meant(change.from, change.fromRef);
  let into = world.meant(change.into, change.intoRef);
  const isOne = from.person === into.person;
  const isForNumber = change.intoRef.nhsNumber === null && change.fromRef.nhsNumber !== null;
  // However many merges since.
  if (isOne && !isForNumber && world.leadsTo(change.into, change.from))
    return fault('mergeCycle', '/merge');
  if (!isOne) into = await becomeOne(world, emitter, change, from, into);
  let isNew = !isOne;
  for (const alias of change.aliases) {
    const known = world.meant(alias.key, NOBODY);
    if (known.person === into.person) continue;
    into = await mergeAlias(world, emitter, change, alias, { known, into });
    isNew = true;
  }
  return isNew ? 'accepted' : 'unchanged';
}

/** Stands for whoever has nothing but the key of an identifier. */
const NOBODY: PersonRef = { nhsNumber: null, nhsNumberStatus: '', local: null };

/**
 * Whoever else an identifier of the two stood for is the same person. If that is somebody with another NHS number than
 * is given beside it, only the identifier goes on, as with a record: to move somebody else's records is worse.
 * @returns who they all are.
 */
async function mergeAlias(
  world: World,
  emitter: Emitter,
  change: KeyedMerge,
  { key, nhsNumber }: Alias,
  { known, into }: { known: Meant; into: Meant },
): Promise<Meant> {
  const numbers = [nhsNumber, known.ref.nhsNumber].filter((one) => one !== null);
  if (new Set(numbers).size <= 1) return becomeOne(world, emitter, change, known, into);
  world.redirect(key, into.person, into.ref);
  return into;
}

/**
 * Whoever is told to survive does, unless the other alone has an NHS number: by that they are known everywhere, and without it
 * what other organisations say of them would stand under an identifier of this one.
 */
async function becomeOne(
  world: World,
  emitter: Emitter,
  change: KeyedMerge,
  from: Meant,
  into: Meant,
): Promise<Meant> {
  if (into.ref.nhsNumber !== null || from.ref.nhsNumber === null) {
    const merging = { from: from.person, into: into.person, intoRef: into.ref };
    await mergePeople(world, emitter, change, merging);
    return into;
  }
  const ref = { ...from.ref, local: into.ref.local ?? from.ref.local };
  await mergePeople(world, emitter, change, { from: into.person, into: from.person, intoRef: ref });
  return { person: from.person, ref };
}

/** Which person ends, and who continues. Both as they are now, merges followed. */
export type Merging = { from: string; into: string; intoRef: PersonRef };

/**
 * Two people are one: a MERGED record under the old person names the survivor's key, a tombstone closes each
 * old key, and each record appears again, with its next revision, under the survivor.
 * A person of whom nothing is held is only remembered as merged.
 */
export async function mergePeople(
  world: World,
  emitter: Emitter,
  change: KeyedChange,
  { from, into, intoRef }: Merging,
): Promise<void> {
  // Of a record whose retention is over there is nothing to move.
  const held = world.recordsOf(from).filter(({ revision, expired }) => revision > 0 && !expired);
  // First, so that what moves to the survivor goes where the survivor is.
  const [one, other] = [world.person(into), world.person(from)];
  await stand(world, emitter, change, into, {
    choices: heardOfBoth(one.choices, other.choices),
    restriction: restrictedOfBoth(one.restriction, other.restriction, intoRef.nhsNumber === null),
  });
  world.redirect(from, into, intoRef);
  const earlier = world.mergesOf(from);
  // What was told of people who are now `into` is as good as theirs. As long as anything is to be done about it they have a record,
  // which moves: by its number a transaction that read them before is decided again.
  for (const merge of earlier) world.putMerge({ ...merge, survivor: into });
  standMerges(world, emitter, change, earlier, other);
  for (const product of emitter.products) {
    const records = held.filter((record) => record.product === heldAs(product));
    if (records.length === 0) continue;
    await tellMerge(world, emitter, change, product, records[0]!, { from, into });
    for (const record of records) emitter.tombstone(world, record, change);
    for (const record of records)
      await moveTo(world, emitter, change, product, record, { from, into, intoRef });
  }
  for (const record of world.recordsOf(from)) world.put({ ...record, person: into });
}

/** The first record tells who ended, in clear; ids only. */
async function tellMerge(
  world: World,
  emitter: Emitter,
  change: KeyedChange,
  product: LiveProduct,
  sample: RecordState,
  { from, into }: Pick<Merging, 'from' | 'into'>,
): Promise<void> {
  const codec = await product.codecOf(sample.schemaId);
  const merge = {
    ...{ product: heldAs(product), person: from, into, survivor: into },
    ref: codec.personOf(sample.content),
    publisherOds: String(codec.content(sample.content)['publisherOds']),
    out: world.person(from).out,
  };
  world.putMerge(merge);
  emitter.merged(world, product, merge, change);
}

async function moveTo(
  world: World,
  emitter: Emitter,
  change: KeyedChange,
  product: LiveProduct,
  held: RecordState,
  { into, intoRef }: Merging,
): Promise<void> {
  const earlier = await product.codecOf(held.schemaId);
  const content = earlier.content(held.content);
  const own = earlier.personOf(held.content);
  const identity = {
    record: publishedId(held.record),
    person: { ...intoRef, local: intoRef.local ?? own.local },
    publisherOds: String(content['publisherOds']),
  };
  const next = world.put({
    ...held,
    person: into,
    revision: held.revision + 1,
    schemaId: product.codec.schemaId,
    content: product.codec.state(identity, content),
  });
  const moved = { ...change, product, publisherOds: identity.publisherOds, at: held.at };
  emitter.record(world, next, moved, identity, content, held.retracted ? 'RETRACTED' : 'UPDATED');
}
