import { problem } from '@caremesh/platform';
import { majorErrors } from '../errors.js';
import { majorMoveOf, openMajorMoves } from './lifecycle.js';
import type { MajorState, MajorStep } from './lifecycle.js';

/** Somebody who may read a major, and when they last did. */
export type MajorConsumer = {
  grant: string;
  organisation: string;
  purpose: string;
  requestedBy: string;
  state: string;
  topic: string;
  lastReadAt: string | null;
};

/** What the rules of a step need to know of a major at one moment. */
export type Moment = {
  status: MajorState;
  noticeUntil: Date | null;
  consumers: readonly MajorConsumer[];
  now: Date;
  /** A consumer that read within this time still uses the major. */
  windowMs: number;
};

/**
 * Throws what stands against the step: MESH-3052 (no such move), MESH-3054 (the notice still runs), MESH-3055 with
 * each consumer that still reads. Pure.
 */
export function mayTake(step: MajorStep, moment: Moment): void {
  const { status, noticeUntil, now } = moment;
  if (majorMoveOf(status, step) === null) {
    throw problem(majorErrors.illegalMajorMove, openMajorMoves(status));
  }
  if (step !== 'retire') return;
  if (noticeUntil !== null && noticeUntil > now) {
    throw problem(majorErrors.noticeRuns, `Notice was given until ${noticeUntil.toISOString()}`);
  }
  const reading = stillReading(moment);
  if (reading.length > 0) {
    const names = reading.map(({ organisation, grant }) => `${organisation} (grant ${grant})`);
    throw problem(
      majorErrors.stillRead,
      `Still read by ${names.join(', ')}`,
      reading.map(({ grant, organisation, lastReadAt }) => ({
        path: `grant:${grant}`,
        code: majorErrors.stillRead.code,
        message: `${organisation} last read at ${lastReadAt}.`,
        fix: `Ask ${organisation} to move to the newer major, or have the grant revoked.`,
      })),
    );
  }
}

/** The consumers that have read within the window. */
function stillReading({ consumers, now, windowMs }: Moment): MajorConsumer[] {
  return consumers.filter(
    ({ lastReadAt }) => lastReadAt !== null && now.getTime() - Date.parse(lastReadAt) < windowMs,
  );
}

/** What a consumer is told when a major is deprecated. */
export function noticeSentence(
  product: string,
  major: number,
  newest: number,
  until: Date,
  reason: string,
): string {
  const where =
    newest > major
      ? `Move to major ${newest}, which is published beside it.`
      : 'No newer major is published yet.';
  return `${product} major ${major} is deprecated: it is kept at least until ${until.toISOString()}. ${where} ${reason}`;
}
