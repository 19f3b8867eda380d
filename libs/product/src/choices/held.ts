import type { Choice } from '@caremesh/contract';

/** Choices that a publisher keeps; the national data opt-out is kept at disclosure. */
export type OwnChoice = Exclude<Choice, 'national'>;

/** What one entry says: the person objects, or no longer does, from this time (ms) on; `id` is the entry's own. */
export type Said = { objects: boolean; at: number; id: string };

/** An entry as its source has it now: null says nothing any more. `changed`: when (ms) the source says that it last changed. */
export type Entry = Omit<Said, 'objects'> & { objects: boolean | null; changed?: number };

/** What counts of one choice, and the entries it is counted from; without them what counts is the only one. */
export type HeldChoice = Said & { entries?: readonly Entry[] };

/** What a person said, by choice. Null for nearly everybody: they chose nothing. */
export type HeldChoices = Readonly<Partial<Record<OwnChoice, HeldChoice>>>;

/** Editions by bit. Dissent is about the product topic, a Type 1 opt-out about the secondary edition. */
export const PRODUCT = 1;
export const SECONDARY = 2;
const EDITION: Record<OwnChoice, number> = { dissent: PRODUCT, 'type-1': SECONDARY };

/** What counts where every entry was taken back. */
const NOTHING: Said = { objects: false, at: 0, id: '' };

/** The editions, as bits, that a person is left out of. */
export function leftOut(held: HeldChoices | null): number {
  if (held === null) return 0;
  let out = 0;
  for (const [choice, said] of Object.entries(held) as [OwnChoice, Said][]) {
    if (said.objects) out |= EDITION[choice];
  }
  return out;
}

/**
 * What is held after one more entry; the same object if nothing changed. Under an id that is held it stands in place of
 * what was said before, unless that was changed later at its source.
 */
export function heard(
  held: HeldChoices | null,
  choice: OwnChoice,
  entry: Entry,
): HeldChoices | null {
  return withEntry(held, choice, entry, (before) => !isChangedEarlier(entry, before));
}

/** What is held of one person whom two turn out to be: everything that was said of either. */
export function heardOfBoth(
  one: HeldChoices | null,
  other: HeldChoices | null,
): HeldChoices | null {
  let both = one;
  for (const [choice, held] of Object.entries(other ?? {}) as [OwnChoice, HeldChoice][]) {
    if (both?.[choice] === undefined) both = { ...both, [choice]: held };
    else
      for (const entry of entriesOf(held)) {
        both = withEntry(both, choice, entry, (before) => isSurer(entry, before));
      }
  }
  return both;
}

/** Whether an entry of this id is held, be it taken back. */
export const isHeld = (held: HeldChoices | null, choice: OwnChoice, { id }: Entry): boolean =>
  entriesOf(held?.[choice]).some((one) => one.id === id);

/** Whether the same entry counts of a choice. */
export function countsTheSame(one: HeldChoice | undefined, other: HeldChoice | undefined): boolean {
  return one?.objects === other?.objects && one?.at === other?.at && one?.id === other?.id;
}

function withEntry(
  held: HeldChoices | null,
  choice: OwnChoice,
  entry: Entry,
  replaces: (before: Entry) => boolean,
): HeldChoices | null {
  const entries = entriesOf(held?.[choice]);
  const before = entries.find((one) => isOneEntry(one, entry));
  if (before && (isEqual(before, entry) || !replaces(before))) return held;
  const now = [...entries.filter((one) => one !== before), entry];
  return { ...held, [choice]: { ...countOf(now), entries: now } };
}

function entriesOf(held: HeldChoice | undefined): readonly Entry[] {
  if (held === undefined) return [];
  const { objects, at, id, entries } = held;
  return entries ?? [{ objects, at, id }];
}

/** What counts of all entries. */
function countOf(entries: readonly Entry[]): Said {
  let last: Said | null = null;
  for (const { objects, at, id } of entries) {
    if (objects === null) continue;
    const said = { objects, at, id };
    if (last === null || isLater(said, last)) last = said;
  }
  return last ?? NOTHING;
}

/** Entries without an id are one only if they say the same. */
const isOneEntry = (a: Entry, b: Entry): boolean =>
  a.id === b.id && (a.id !== '' || (a.at === b.at && a.objects === b.objects));

const isEqual = (a: Entry, b: Entry): boolean =>
  a.objects === b.objects && a.at === b.at && a.changed === b.changed;

const isChangedEarlier = (a: Entry, b: Entry): boolean =>
  a.changed !== undefined && b.changed !== undefined && a.changed < b.changed;

/** Of one entry held in two forms: the one changed later; where nobody says which, the one that keeps the person out. */
function isSurer(a: Entry, b: Entry): boolean {
  if (a.changed !== undefined && b.changed !== undefined && a.changed !== b.changed)
    return a.changed > b.changed;
  // What is taken back lifts nothing.
  if (a.objects !== b.objects) return a.objects === true || b.objects === false;
  return a.at > b.at;
}

/**
 * Latest by date of effect, then highest id: numbers by their value, other ids by their text. Of two that even so are
 * alike, the one that objects.
 */
function isLater(a: Said, b: Said): boolean {
  if (a.at !== b.at) return a.at > b.at;
  const order = a.id.localeCompare(b.id, 'en', { numeric: true });
  return order === 0 ? a.objects && !b.objects : order > 0;
}
