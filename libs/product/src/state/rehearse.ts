import type { Fault, Faulty } from '../errors.js';
import { apply } from './apply.js';
import { Emitter } from './emit.js';
import { namedIn } from './model.js';
import type { KeyedMerge } from './model.js';
import { World } from './world.js';

/**
 * What the merges of one item are refused for, one after the other; null if they all can be. Nothing changes: they are tried
 * on a copy of who is who, as a message of which one merge is refused must leave none of the others behind.
 */
export async function refusedOf(
  world: World,
  merges: readonly KeyedMerge[],
): Promise<Fault | Faulty | null> {
  const copy = new World();
  for (const key of merges.flatMap(namedIn)) {
    let state = world.persons.get(key);
    while (state && !copy.persons.has(state.person)) {
      copy.persons.set(state.person, { ...state });
      state = world.persons.get(state.mergedInto ?? '');
    }
  }
  // Of no product: nothing is told of it.
  const emitter = new Emitter(Buffer.alloc(0), [], 0);
  for (const merge of merges) {
    const applied = await apply(copy, emitter, merge);
    if (typeof applied !== 'string') return applied;
  }
  return null;
}
