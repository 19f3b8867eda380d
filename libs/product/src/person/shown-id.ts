import { hasValidCheckDigit } from './nhs-number.js';

/** Ten digits that stand alone, also in the groups an NHS number is written in. */
const TEN_DIGITS = /(?<!\d)\d{3}[\s\u00a0.-]?\d{3}[\s\u00a0.-]?\d{4}(?!\d)/g;
/** A shorter identifier of a person cannot be told from any other word. */
const SHORTEST = 3;
/** From this length on it is looked for inside words as well. */
const LONG = 5;

/**
 * What a source calls an item, if it may be shown in answers and listings; null if it tells who the item is about:
 * what may be an NHS number, or an identifier of the person that the item itself gives.
 * @param people identifiers of people that stand in the item; empty ones are passed over.
 */
export function shownId(id: string | null, people: Iterable<string | null> = []): string | null {
  if (id === null || id.trim() === '') return null;
  for (const [found] of id.matchAll(TEN_DIGITS))
    if (hasValidCheckDigit(found.replaceAll(/\D/g, ''))) return null;
  const text = plain(id);
  const together = text.replaceAll(' ', '');
  for (const person of people)
    if (person !== null && tells(text, together, person.trim())) return null;
  return id;
}

/** @param text words of an id, and the same without their blanks. */
function tells(text: string, together: string, person: string): boolean {
  if (person.length < SHORTEST) return false;
  const word = plain(person);
  if (word.length >= LONG) return together.includes(word.replaceAll(' ', ''));
  return ` ${text} `.includes(` ${word} `);
}

/** Words in capitals with single blanks between them. */
const plain = (text: string): string =>
  text
    .toUpperCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
