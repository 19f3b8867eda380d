import { createHash } from 'node:crypto';

const SECOND_MS = 1_000;
/** Topics of grants; what is on another is told to everybody who reads it at the same moment. */
const OF_A_GRANT = 'share.';

/**
 * The present moment as a topic tells it, in ms. On a topic of a grant it is that of the last second, by as many ms as are this
 * topic's own: told to the ms, what is written to two views in one turn would lead from a record of one to the same record
 * of the other. It is at most a second early; that two came in the same second is all that two recipients can see.
 */
export function momentOn(topic: string, now: number): number {
  if (!topic.startsWith(OF_A_GRANT)) return now;
  const own = createHash('sha256').update(topic).digest().readUInt32BE(0) % SECOND_MS;
  const at = now - (now % SECOND_MS) + own;
  return at > now ? at - SECOND_MS : at;
}
