import type { Emitter } from './emit.js';
import { heldAs, publishedId } from './model.js';
import type { KeyedChange, LiveProduct, PersonState, RecordState, ToldMerge } from './model.js';
import { BOTH, isRestricted } from './standing.js';
import type { Standing } from './standing.js';
import type { World } from './world.js';

/**
 * How a person stands changes, by what they chose or because they are restricted from now on, or no longer: in each
 * edition they are left out of from now on a tombstone closes every key, in each they come back to every record appears
 * again, and where their records show something else every one is told anew. Editions that it is not about get nothing.
 * Each record takes its next revision, so that what follows is never taken for older than the tombstone.
 */
export async function stand(
  world: World,
  emitter: Emitter,
  change: KeyedChange,
  person: string,
  next: Standing,
): Promise<void> {
  const before = { ...world.person(person) };
  const { choices, restriction, out } = before;
  if (choices === next.choices && restriction === next.restriction) return;
  world.stand(person, next);
  standMerges(world, emitter, change, world.mergesOf(person), before);
  const now = world.person(person).out;
  const left = now & ~out;
  const showsOtherwise = isRestricted({ restriction }) !== isRestricted(next);
  const told = showsOtherwise ? BOTH & ~now : out & ~now;
  if ((left | told) === 0) return;
  const held = world.recordsOf(person).filter(({ revision, expired }) => revision > 0 && !expired);
  for (const product of emitter.products) {
    for (const record of held.filter((one) => one.product === heldAs(product))) {
      if (left !== 0) leave(world, emitter, { ...change, product }, record, left);
      if (told !== 0) await tell(world, emitter, change, product, record, told);
    }
  }
}

/**
 * The same for the merges that were told of people who are this one now: `before` is how whoever they were then stood. As they
 * name a person they are of that person's record.
 */
export function standMerges(
  world: World,
  emitter: Emitter,
  change: KeyedChange,
  merges: readonly ToldMerge[],
  before: Stood,
): void {
  for (const merge of merges) {
    const product = emitter.products.find((one) => heldAs(one) === merge.product);
    if (!product) continue;
    const own = world.person(merge.person);
    const [was, is] = [before, world.person(merge.survivor)].map((stood) =>
      shown(merge, own, stood),
    );
    const { ref } = merge;
    const now = is!.out;
    const told = was!.restricted === is!.restricted ? was!.out & ~now : BOTH & ~now;
    // Of whom it is not known what to show of them, nothing is shown.
    const hidden = ref === null && is!.restricted ? told : 0;
    const left = (now & ~was!.out) | hidden;
    const occasion = { ...change, product };
    if (left !== 0) emitter.mergeEnded(world, product, merge, occasion, BOTH & ~left);
    if (told !== 0 && ref)
      emitter.merged(world, product, { ...merge, ref }, occasion, BOTH & ~told);
  }
}

type Stood = Pick<PersonState, 'out' | 'restriction'>;

/** Where and how a merge is shown, by how the one who ended stood and how the one who continues stands. */
function shown({ ref, out }: ToldMerge, own: Stood, survivor: Stood) {
  const restricted = isRestricted(own) || isRestricted(survivor);
  const isNobody = restricted && ref !== null && ref.nhsNumber === null;
  return { restricted, out: out | survivor.out | (isNobody ? BOTH : 0) };
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

async function tell(
  world: World,
  emitter: Emitter,
  change: KeyedChange,
  product: LiveProduct,
  record: RecordState,
  told: number,
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
  emitter.record(world, next, occasion, identity, content, how, BOTH & ~told);
}
