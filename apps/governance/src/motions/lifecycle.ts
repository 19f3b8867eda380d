/** Every state of what is put to the leads. */
export const MOTION_STATES = [
  'proposed',
  'approved',
  'refused',
  'withdrawn',
  'superseded',
  'ended',
  'expired',
] as const;
export type MotionState = (typeof MOTION_STATES)[number];

/** What can happen to it. */
export type MotionEvent = 'approve' | 'refuse' | 'withdraw' | 'supersede' | 'end' | 'expire';

/** The legal moves; a decision is never undone, only ended or outlived. */
export const MOTION_MOVES: Record<MotionState, Partial<Record<MotionEvent, MotionState>>> = {
  proposed: {
    approve: 'approved',
    refuse: 'refused',
    withdraw: 'withdrawn',
    supersede: 'superseded',
  },
  approved: { end: 'ended', expire: 'expired' },
  refused: {},
  withdrawn: {},
  superseded: {},
  ended: {},
  expired: {},
};

/** Where `event` leads from `state`, or null if that is no legal move. */
export function motionMove(state: MotionState, event: MotionEvent): MotionState | null {
  return MOTION_MOVES[state][event] ?? null;
}

/** The events a state allows, for the sentence that refuses another. */
export function openMotionMoves(state: MotionState): string {
  const events = Object.keys(MOTION_MOVES[state]);
  return events.length > 0 ? `from "${state}": ${events.join(', ')}` : `"${state}" is final`;
}
