import type { PersonRef } from '../person/person-ref.js';
import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import { isOf } from './keeper.js';
import type { KeyedUpsert, RecordState } from './model.js';
import type { World } from './world.js';

/**
 * Why a change cannot be of the record held under its identifier, or null if it can. An identifier given twice says of two
 * things that they are one: taken for one, the first would be gone without a word. A correction says the same, and only its
 * time tells them apart: a later one corrects; of the same time, or where no time is known, both are true and one is refused.
 * Only for products that say what one thing is (`identifies`).
 */
export async function reusedBy(
  world: World,
  change: KeyedUpsert,
  held: RecordState,
): Promise<Fault | null> {
  const { identifies, codecOf } = change.product;
  if (!identifies || held.retracted || isLater(change.at, held.at)) return null;
  const codec = await codecOf(held.schemaId);
  const content = codec.content(held.content);
  const isOne =
    isSamePerson(world, change, held, codec.personOf(held.content)) &&
    identifies.isSame(content, change.content);
  return isOne ? null : fault('recordIdReused', identifies.place);
}

/** Merges are followed; one local identifier is one person, also when the NHS number beside it was corrected. */
function isSamePerson(
  world: World,
  change: KeyedUpsert,
  held: RecordState,
  { local }: PersonRef,
): boolean {
  const named = change.ref.local;
  const isLocal = local !== null && local.issuer === named?.issuer && local.id === named.id;
  return isLocal || isOf(world, change, held.record);
}

const isLater = (at: number | null, held: number | null): boolean =>
  at !== null && (held === null || at > held);
