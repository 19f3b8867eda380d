import { heardOfBoth } from '../choices/held.js';
import type { PersonRef } from '../person/person-ref.js';
import type { Emitter } from './emit.js';
import { restrictedOfBoth } from '../person/restriction.js';
import { heldAs, publishedId } from './model.js';
import type { KeyedChange, LiveProduct, RecordState } from './model.js';
import { stand, standMerges } from './stand.js';
import type { World } from './world.js';

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
