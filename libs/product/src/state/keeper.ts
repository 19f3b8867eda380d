import { fault } from '../errors.js';
import type { Fault } from '../errors.js';
import type { KeyedFaulty, KeyedRetract, KeyedUpsert, Kept } from './model.js';
import type { World } from './world.js';

/**
 * Which record a change is about. An identifier that a server gave is unique within that server only, and a source
 * does not always say whose server that was: a resource may come alone, without the patient that names its keeper.
 *
 * Said, it is the record of that keeper; or one that came before without its keeper, of the same person.
 * Not said, it is the only record of that person with that identifier, or the only one at all if nobody is named. If
 * there are several it is none of them: to change or retract somebody else's is worse than to refuse. If all are of other
 * people, it is the one that was published in the name of its likely keeper, who corrects whom it is about, or else a
 * record of its own; where nothing tells it from somebody else's it is refused.
 */
export async function recordMeant(world: World, change: OfRecord): Promise<Meant | Fault> {
  const { kept } = change;
  if (!kept) return { record: change.record, keeper: null };
  const held = heldUnder(world, change.record, kept);
  const isTheirs = ([record]: Held): boolean => isOf(world, change, record);
  const own = held.find(([, keeper]) => keeper === kept.keeper);
  const found = kept.keeper === null ? held.filter(isTheirs) : own ? [own] : [];
  if (found.length > 1) return fault('recordKeeperUnclear', '/');
  const unsaid = held.find((one) => one[1] === null && isTheirs(one));
  const meant = found[0] ?? unsaid ?? (await besideOthers(world, change, kept, held));
  if (meant === null) return fault('recordKeeperUnclear', '/');
  const [record, keeper] = meant;
  // Of a record that is not held a change that counts only for held ones leaves no trace.
  if (!change.onlyIfHeld || world.records.has(record))
    world.keep(kept.id, record, kept.keeper ?? keeper);
  return { record, keeper };
}

type OfRecord = KeyedUpsert | KeyedRetract | KeyedFaulty;

/** The record, and whose it was before this change, if anybody said. */
type Meant = { record: string; keeper: string | null };

type Held = [record: string, keeper: string | null];

/** The records with the identifier; one held since before keepers were remembered has its key alone. */
function heldUnder(world: World, record: string, { id, keeper }: Kept): Held[] {
  const known = world.keepers.get(id) ?? new Map<string, string | null>();
  const early = keeper === null && !known.has(record) && world.records.has(record);
  return early ? [...known, [record, null]] : [...known];
}

/** The record of a change that is about none of the people whose records have its identifier; null if none is free. */
async function besideOthers(
  world: World,
  { record, product }: OfRecord,
  { keeper, likely }: Kept,
  held: readonly Held[],
): Promise<Held | null> {
  if (keeper !== null) return [record, null];
  const own: Held[] = [];
  for (const one of likely ? held : []) {
    const state = world.records.get(one[0]);
    if (!state) continue;
    const codec = await product.codecOf(state.schemaId);
    if (codec.content(state.content)['publisherOds'] === likely?.keeper) own.push(one);
  }
  if (own.length > 0) return own.length === 1 ? own[0]! : null;
  if (held.every(([one]) => one !== record)) return [record, null];
  return likely ? [likely.record, null] : null;
}

/** Whether a record held may be the one of the person that a change names, if it names one. */
export function isOf(world: World, change: OfRecord, record: string): boolean {
  const state = world.records.get(record);
  if (!state || change.person === null || state.person === '-') return true;
  const aliases = 'aliases' in change ? change.aliases : [];
  const named = [change.person, ...aliases.map(({ key }) => key)];
  return named.some((one) => world.survivorOf(one).person === state.person);
}
