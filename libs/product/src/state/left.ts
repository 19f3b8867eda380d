import type { PersonState, RecordState, ToldMerge } from './model.js';
import type { World } from './world.js';

/**
 * What a batch leaves when it is committed, for the batch that is decided meanwhile: the database may or may not show it yet. If
 * the first is not committed, what was decided on top of it counts for nothing.
 */
export class Left {
  constructor(private readonly world: World) {}

  /** A person as they are then; undefined if the batch neither read nor made them. */
  person(key: string): PersonState | undefined {
    const state = this.world.persons.get(key);
    if (!state || (state.before === null && !this.world.changedPersons.has(state)))
      return undefined;
    const { sequence, mergedInto, survivor } = state;
    return { ...state, before: { sequence, mergedInto, survivor } };
  }

  /** A record as it is held then; undefined if the batch neither read nor made it. */
  record(key: string): RecordState | undefined {
    const state = this.world.records.get(key);
    if (!state) return undefined;
    const { revision, at } = state;
    return { ...state, before: { revision, at } };
  }

  /** The records that are a person's then, as far as the batch concerns them. */
  recordsOf(person: string): RecordState[] {
    const found: RecordState[] = [];
    for (const { record, person: owner } of this.world.records.values())
      if (owner === person) found.push(this.record(record)!);
    return found;
  }

  /** A merge that was told, as it is held then; undefined if the batch neither read nor told it. */
  merge(name: string): ToldMerge | undefined {
    const state = this.world.merges.get(name);
    return state && { ...state };
  }

  /** The merges that were told of people who are this one then, as far as the batch concerns them. */
  mergesOf(person: string): ToldMerge[] {
    return this.world.mergesOf(person).map((state) => ({ ...state }));
  }

  /** The records that have an identifier that is its keeper's own, and whose each is, as far as the batch knows. */
  keepersOf(id: string): ReadonlyMap<string, string | null> {
    return this.world.keepers.get(id) ?? new Map<string, string | null>();
  }
}
