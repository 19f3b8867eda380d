import type { CleanedList, ListInForce } from '../choices/lists.js';
import { People } from '../choices/people.js';
import { missingAtEnd } from './cleaned-list.js';

/** With one in twenty opted out, as many as this stand together at the end of one answer in three million. */
const RUN = 5;
/** Within the days that a list may be old, no more than this part of its people opt out; of few people it may be some. */
const PART = 1 / 20;
const SOME = 10;

/**
 * What speaks for it that a list which can be read was cut short, against the last good one; null if nothing does. It may be
 * so nevertheless: everybody of a small cohort may have opted out.
 */
export function doubtOf(
  { listed, asked }: CleanedList,
  before: Pick<ListInForce, 'listed'> | null,
): string | null {
  if (listed.length === 0) return 'nobody is on it';
  if (missingAtEnd(asked, listed) >= RUN)
    return `its end is missing, ${RUN} people or more in a row`;
  if (before === null) return null;
  const now = new People(listed);
  const had = asked.filter((number) => before.listed.has(number));
  const gone = had.filter((number) => !now.has(number)).length;
  if (gone <= Math.max(SOME, had.length * PART)) return null;
  return 'far fewer people are on it than on the last good one';
}

/**
 * Whether an answer leaves out exactly those whom the one before it left out. Each request is in an order of its own, so an
 * answer that is cut short twice leaves out others: what is said twice is what the check service says.
 */
export function saysTheSame(before: CleanedList, { listed, asked }: CleanedList): boolean {
  const [wasAsked, wasListed, isListed] = [before.asked, before.listed, listed].map(
    (numbers) => new People(numbers),
  ) as [People, People, People];
  return asked.every((number) => {
    const wasLeftOut = wasAsked.has(number) && !wasListed.has(number);
    return wasLeftOut === !isListed.has(number);
  });
}
