import type { PersonRef } from '../person/person-ref.js';
import type { PersonState, RecordState, ToldMerge } from './model.js';
import { isRestricted, outOf } from './standing.js';
import type { Standing } from './standing.js';

/** Longest chain of merges that stays as it was told; each of its links is a question to the database. */
const LONGEST_CHAIN = 50;

/**
 * The part of the state that one batch concerns, as read, and then as the batch leaves it.
 * What is changed is remembered, so that exactly that is written.
 */
export class World {
  readonly persons = new Map<string, PersonState>();
  readonly records = new Map<string, RecordState>();
  readonly changedPersons = new Set<PersonState>();
  readonly changedRecords = new Set<RecordState>();
  readonly touchedRecords = new Set<RecordState>();
  readonly newStandings = new Set<PersonState>();
  readonly merges = new Map<string, ToldMerge>();
  readonly changedMerges = new Set<ToldMerge>();
  /** When a record that is stored changed last, in milliseconds; read only where something is taken in again. */
  readonly lastChanged = new Map<string, number>();
  /** Records whose last change was received so long ago, in milliseconds. */
  readonly receivedAt = new Map<string, number>();
  /** By the key of an identifier that is its keeper's own: the records that have it, and whose each is. */
  readonly keepers = new Map<string, Map<string, string | null>>();
  readonly newKeepers = new Map<string, { id: string; record: string; keeper: string | null }>();

  /** The person, known or new. */
  person(key: string): PersonState {
    let state = this.persons.get(key);
    if (!state) {
      const nobody = { mergedInto: null, survivor: null, choices: null, restriction: null };
      state = { person: key, sequence: 0, ...nobody, out: 0, before: null };
      this.persons.set(key, state);
    }
    return state;
  }

  /** Whether anything was ever heard of a person, and be it that somebody else became them. */
  isKnown(key: string): boolean {
    const state = this.persons.get(key);
    return state !== undefined && (state.before !== null || this.changedPersons.has(state));
  }

  /** To whom a person's records belong now, and who that is if it is another. */
  survivorOf(key: string): { person: string; ref: PersonRef | null } {
    let at = key;
    let ref: PersonRef | null = null;
    for (let hops = 0; hops <= this.persons.size; hops++) {
      const state = this.persons.get(at);
      if (!state?.mergedInto) return { person: at, ref };
      ref = state.survivor;
      at = state.mergedInto;
    }
    throw new Error('A chain of merges does not end');
  }

  /** Who somebody is now that merges are followed, whom a change names so. */
  meant(key: string, named: PersonRef): { person: string; ref: PersonRef } {
    const { person, ref } = this.survivorOf(key);
    return { person, ref: ref ? { ...ref, local: ref.local ?? named.local } : named };
  }

  /** Whether a person was merged into another, directly or through others. */
  leadsTo(from: string, to: string): boolean {
    let at = this.persons.get(from)?.mergedInto ?? null;
    for (let hops = 0; at !== null && hops <= this.persons.size; hops++) {
      if (at === to) return true;
      at = this.persons.get(at)?.mergedInto ?? null;
    }
    return false;
  }

  /**
   * Whoever is at the beginning of a very long chain of merges leads to its end directly from now on, so that however often
   * somebody is merged the chain is followed through once. Who was merged into whom on the way is then no longer known.
   */
  shorten(): void {
    for (const first of this.persons.values()) {
      if (first.mergedInto === null) continue;
      const chain = this.#chainFrom(first);
      if (chain.length <= LONGEST_CHAIN) continue;
      const { mergedInto, survivor } = chain.pop()!;
      for (const { person } of chain) this.redirect(person, mergedInto!, survivor!);
    }
  }

  #chainFrom(first: PersonState): PersonState[] {
    const chain: PersonState[] = [];
    for (
      let at: PersonState | undefined = first;
      at?.mergedInto;
      at = this.persons.get(at.mergedInto)
    )
      chain.push(at);
    return chain;
  }

  /** The next number of a person's records. */
  nextSequence(key: string): number {
    const state = this.person(key);
    this.changedPersons.add(state);
    return ++state.sequence;
  }

  /**
   * From now on `from` is `into`. That is written of both, though nothing of `into` changes: of two transactions that each have the
   * one become the other the second is decided again, and finds the first.
   */
  redirect(from: string, into: string, survivor: PersonRef): void {
    const state = this.person(from);
    state.mergedInto = into;
    state.survivor = survivor;
    this.changedPersons.add(state).add(this.person(into));
  }

  /**
   * From now on this is how a person stands. It takes a number of theirs, so that a transaction which read the person
   * before is decided again.
   */
  stand(key: string, { choices, restriction }: Standing): void {
    this.nextSequence(key);
    const state = this.person(key);
    Object.assign(state, { choices, restriction, out: outOf({ choices, restriction }) });
    this.newStandings.add(state);
  }

  /** Whether a person is restricted, or is somebody who is. */
  isRestricted(key: string): boolean {
    return [key, this.survivorOf(key).person].some((one) => {
      const state = this.persons.get(one);
      return state !== undefined && isRestricted(state);
    });
  }

  /** Puts a record's new state in place of the old. */
  put(next: Omit<RecordState, 'before'>): RecordState {
    const held = this.records.get(next.record);
    if (held) {
      Object.assign(held, next);
      this.changedRecords.add(held);
      return held;
    }
    const state: RecordState = { ...next, before: null };
    this.records.set(next.record, state);
    this.changedRecords.add(state);
    return state;
  }

  /** Puts a merge that was told, as it is now, in place of what was held of it. */
  putMerge(next: ToldMerge): void {
    const held = this.merges.get(mergeName(next));
    const state = held ? Object.assign(held, next) : next;
    this.merges.set(mergeName(next), state);
    this.changedMerges.add(state);
  }

  /** Merges that were told of people who are this one now, in a stable order. */
  mergesOf(person: string): ToldMerge[] {
    return [...this.merges.values()]
      .filter(({ survivor }) => survivor === person)
      .sort((a, b) => (mergeName(a) < mergeName(b) ? -1 : 1));
  }

  /** The same content, said again later: only the time moves. */
  touch(held: RecordState, at: number): void {
    held.at = at;
    this.touchedRecords.add(held);
  }

  /** A record changed by what was received at that moment; now, if it is not said. */
  receivedBefore({ record }: RecordState, receivedAt: number | undefined): void {
    if (receivedAt === undefined) this.receivedAt.delete(record);
    else this.receivedAt.set(record, receivedAt);
  }

  /** A record has this identifier with this keeper. */
  keep(id: string, record: string, keeper: string | null): void {
    const known = this.keepers.get(id) ?? new Map<string, string | null>();
    if (known.get(record) === keeper) return;
    this.keepers.set(id, known.set(record, keeper));
    this.newKeepers.set(`${id} ${record}`, { id, record, keeper });
  }

  /** Records that belong to a person, in a stable order. */
  recordsOf(person: string): RecordState[] {
    return [...this.records.values()]
      .filter((record) => record.person === person)
      .sort((a, b) => (a.record < b.record ? -1 : 1));
  }
}

/** What tells one merge from all others. */
export const mergeName = ({
  person,
  into,
  product,
}: Pick<ToldMerge, 'person' | 'into' | 'product'>): string => `${person} ${into} ${product}`;
