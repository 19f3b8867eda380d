import { randomBytes } from 'node:crypto';

const TRACE = 16;
const SPAN = 8;

/**
 * W3C trace contexts of disclosures themselves; the publisher's would tell two recipients that they hold one event. One
 * for each record: shared by a batch, it would tell a recipient what ended in one turn, and so what a choice ended.
 * The randomness of all is drawn at once.
 */
export function tracesOf(count: number): (at: number) => string {
  const chance = randomBytes(count * (TRACE + SPAN));
  return (at) => {
    const from = at * (TRACE + SPAN);
    const trace = chance.toString('hex', from, from + TRACE);
    return `00-${trace}-${chance.toString('hex', from + TRACE, from + TRACE + SPAN)}-01`;
  };
}
