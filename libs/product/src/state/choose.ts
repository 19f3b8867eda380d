import { leftOut, PRODUCT, SECONDARY } from '../choices/held.js';
import type { HeldChoices } from '../choices/held.js';
import type { Emitter } from './emit.js';
import { heldAs, publishedId } from './model.js';
import type { KeyedChange, LiveProduct, RecordState } from './model.js';
import type { World } from './world.js';

const BOTH = PRODUCT | SECONDARY;

/**
 * What counts of a person's choices changes: in each edition they are left out of from now on a tombstone closes every
 * key, in each they come back to every record appears again. Editions the choice is not about get nothing. Each record
 * takes its next revision, so that what follows is never taken for older than the tombstone.
 */
export async function choose(
  world: World,
  emitter: Emitter,
  change: KeyedChange,
  person: string,
  choices: HeldChoices,
): Promise<void> {
  const before = world.person(person).out;
  const now = leftOut(choices);
  if (world.person(person).choices !== choices) world.choose(person, choices);
  const [left, back] = [now & ~before, before & ~now];
  if ((left | back) === 0) return;
  const held = world.recordsOf(person).filter(({ revision, expired }) => revision > 0 && !expired);
  for (const product of emitter.products) {
    for (const record of held.filter((one) => one.product === heldAs(product))) {
      if (left !== 0) leave(world, emitter, { ...change, product }, record, left);
      if (back !== 0) await comeBack(world, emitter, change, product, record, back);
    }
  }
}

function leave(
  world: World,
  emitter: Emitter,
  occasion: KeyedChange,
  record: RecordState,
  left: number,
): void {
  emitter.tombstone(world, record, occasion, 'RETRACTED', BOTH & ~left);
  world.put({ ...record, revision: record.revision + 1 });
}

async function comeBack(
  world: World,
  emitter: Emitter,
  change: KeyedChange,
  product: LiveProduct,
  record: RecordState,
  back: number,
): Promise<void> {
  const codec = await product.codecOf(record.schemaId);
  const content = codec.content(record.content);
  const identity = {
    record: publishedId(record.record),
    person: codec.personOf(record.content),
    publisherOds: String(content['publisherOds']),
  };
  const next = world.put({
    ...record,
    revision: record.revision + 1,
    schemaId: product.codec.schemaId,
    content: product.codec.reencode(content),
  });
  const occasion = { ...change, product, publisherOds: identity.publisherOds, at: record.at };
  const how = record.retracted ? 'RETRACTED' : 'UPDATED';
  emitter.record(world, next, occasion, identity, content, how, BOTH & ~back);
}
