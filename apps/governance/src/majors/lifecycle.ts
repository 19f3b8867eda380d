import { movesOf } from '../lifecycle/moves.js';

/** Every state a major version can be in. */
export type MajorState = 'published' | 'deprecated' | 'retired';

/** What the owner may propose of a major, and a governance lead decides. */
export const MAJOR_STEPS = ['deprecate', 'retire'] as const;
export type MajorStep = (typeof MAJOR_STEPS)[number];

/** The legal moves. Only what was announced can end, and what ended does not come back: it would be a new major. */
export const MAJOR_MOVES: Record<MajorState, Partial<Record<MajorStep, MajorState>>> = {
  published: { deprecate: 'deprecated' },
  deprecated: { retire: 'retired' },
  retired: {},
};

/** States of a step: proposed until it is decided. */
export type StepState = 'proposed' | 'approved' | 'refused';

/** What a decision makes of a step; one that is decided stays so. */
export const STEP_MOVES: Record<StepState, Partial<Record<StepDecision, StepState>>> = {
  proposed: { approve: 'approved', refuse: 'refused' },
  approved: {},
  refused: {},
};
export type StepDecision = 'approve' | 'refuse';

/** Where a step leads from a state, null if that is no legal move; and the steps a state allows, in words. */
export const { moveOf: majorMoveOf, openMoves: openMajorMoves } = movesOf(MAJOR_MOVES);
