import type { Choice } from '@caremesh/contract';

/** Choices that a publisher keeps; the national data opt-out is kept at disclosure. */
export type OwnChoice = Exclude<Choice, 'national'>;

/** What one entry says: the person objects, or no longer does, from this time (ms) on; `id` is the entry's own. */
export type Said = { objects: boolean; at: number; id: string };

/** What counts of all that a person said, by choice. Null for nearly everybody: they chose nothing. */
export type HeldChoices = Readonly<Partial<Record<OwnChoice, Said>>>;

/** Editions by bit. Dissent is about the product topic, a Type 1 opt-out about the secondary edition. */
export const PRODUCT = 1;
export const SECONDARY = 2;
const EDITION: Record<OwnChoice, number> = { dissent: PRODUCT, 'type-1': SECONDARY };

/** The editions, as bits, that a person is left out of. */
export function leftOut(held: HeldChoices | null): number {
  if (held === null) return 0;
  let out = 0;
  for (const [choice, said] of Object.entries(held) as [OwnChoice, Said][]) {
    if (said.objects) out |= EDITION[choice];
  }
  return out;
}

/** What counts after one more entry; the same object if nothing changed. */
export function heard(held: HeldChoices | null, choice: OwnChoice, said: Said): HeldChoices | null {
  const before = held?.[choice];
  return before !== undefined && !isLater(said, before) ? held : { ...held, [choice]: said };
}

/** What counts of one person whom two turn out to be: of each choice what was said last by either. */
export function heardOfBoth(
  one: HeldChoices | null,
  other: HeldChoices | null,
): HeldChoices | null {
  let both = one;
  for (const [choice, said] of Object.entries(other ?? {}) as [OwnChoice, Said][]) {
    both = heard(both, choice, said);
  }
  return both;
}

/** Latest by date of effect, then highest id: numbers by their value, other ids by their text. */
function isLater(a: Said, b: Said): boolean {
  if (a.at !== b.at) return a.at > b.at;
  return a.id.localeCompare(b.id, 'en', { numeric: true }) > 0;
}
