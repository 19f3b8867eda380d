import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import type { KeyedFaulty, KeyedRetract, KeyedUpsert } from './model.js';
import type { World } from './world.js';

/**
 * Which record a change is about. An identifier that a server gave is unique within that server only, and a source
 * does not always say whose server that was: a resource may come alone, without the patient that names its keeper.
 *
 * Said, it is the record of that keeper; or one that came before without its keeper, of the same person.
 * Not said, it is the only record of that person with that identifier, or the only one at all if nobody is named. If
 * there are several it is none of them: to change or retract somebody else's is worse than to refuse.
 */
export function recordMeant(world: World, change: OfRecord): Meant | Fault {
  const { kept } = change;
  if (!kept) return { record: change.record, keeper: null };
  const held = [...(world.keepers.get(kept.id) ?? [])];
  const isTheirs = ([record]: Held): boolean => isOf(world, change, record);
  const own = held.find(([, keeper]) => keeper === kept.keeper);
  const found = kept.keeper === null ? held.filter(isTheirs) : own ? [own] : [];
  if (found.length > 1) return fault('recordKeeperUnclear', '/');
  const unsaid = held.find((one) => one[1] === null && isTheirs(one));
  const [record, keeper] = found[0] ?? unsaid ?? [change.record, null];
  // Of a record that is not held a change that counts only for held ones leaves no trace.
  if (!change.onlyIfHeld || world.records.has(record))
    world.keep(kept.id, record, kept.keeper ?? keeper);
  return { record, keeper };
}

type OfRecord = KeyedUpsert | KeyedRetract | KeyedFaulty;

/** The record, and whose it was before this change, if anybody said. */
type Meant = { record: string; keeper: string | null };

type Held = [record: string, keeper: string | null];

/** Whether a record held may be the one of the person that a change names, if it names one. */
export function isOf(world: World, change: OfRecord, record: string): boolean {
  const state = world.records.get(record);
  if (!state || change.person === null || state.person === '-') return true;
  const alias = change.change === 'upsert' ? change.alias : null;
  const named = [change.person, ...(alias === null ? [] : [alias])];
  return named.some((one) => world.survivorOf(one).person === state.person);
}
