import { movesOf } from '../lifecycle/moves.js';

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

/** Where an event leads from a state, null if that is no legal move; and the events a state allows, in words. */
export const { moveOf: motionMove, openMoves: openMotionMoves } = movesOf(MOTION_MOVES);
