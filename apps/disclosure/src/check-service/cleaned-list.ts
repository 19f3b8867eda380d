import { nhsNumberOf, People } from '../choices/people.js';
import { LINE } from './request-file.js';

const [ZERO, NINE, COMMA, LF] = [0x30, 0x39, 0x2c, 0x0a];
/** Of fewer people than this any part may have opted out; of more, never half: in England it is about one in twenty. */
const MANY = 50;
/** So many one after the other, in an order that has nothing to do with them, did not all opt out. */
const RUN = 20;

/** What is wrong with an answer, in words that name nobody. */
export type ListFault = { fault: string };

/**
 * Reads a cleaned list: those of the people asked about who may be disclosed, in order. `asked` is in the order of the
 * request. An answer that was changed, cut short or meant for somebody else is no list at all.
 */
export function readCleanedList(bytes: Buffer, asked: Uint32Array): Uint32Array | ListFault {
  if (bytes.length % LINE !== 0) return { fault: 'its length is not that of whole lines' };
  const numbers = new Uint32Array(bytes.length / LINE);
  for (let line = 0; line < numbers.length; line++) {
    const number = numberAt(bytes, line * LINE);
    if (number === null) return { fault: `line ${line + 1} is no NHS number and a comma` };
    numbers[line] = number;
  }
  const known = new People(asked);
  const stranger = numbers.findIndex((number) => !known.has(number));
  if (stranger >= 0)
    return { fault: `line ${stranger + 1} names somebody who was not asked about` };
  if (new People(numbers).size < numbers.length) return { fault: 'it names somebody twice' };
  if (asked.length >= MANY && numbers.length < asked.length / 2) {
    return { fault: 'more than half of those asked about are missing: it was cut short' };
  }
  // A service that sorts what it answers is cut short in that order, not in the request's.
  const orders = ascends(numbers) ? [asked, asked.slice().sort()] : [asked];
  if (orders.some((order) => missingAtEnd(order, numbers) >= RUN)) {
    return { fault: `its end is missing, ${RUN} people or more in a row: it was cut short` };
  }
  return numbers.sort();
}

/** How many of the last of those asked about are not on the list. */
export function missingAtEnd(asked: Uint32Array, listed: Uint32Array): number {
  const known = new People(listed);
  return asked.length - 1 - asked.findLastIndex((number) => known.has(number));
}

const ascends = (numbers: Uint32Array): boolean =>
  numbers.every((number, at) => at === 0 || numbers[at - 1]! < number);

/** The nine digits at a line's beginning, if the tenth fits and a comma and line feed follow. */
function numberAt(bytes: Buffer, start: number): number | null {
  let number = 0;
  for (let at = start; at < start + 9; at++) {
    const digit = bytes[at]!;
    if (digit < ZERO || digit > NINE) return null;
    number = number * 10 + digit - ZERO;
  }
  if (bytes[start + 10] !== COMMA || bytes[start + 11] !== LF) return null;
  return nhsNumberOf(number).charCodeAt(9) === bytes[start + 9] ? number : null;
}
