import { movesOf } from '../lifecycle/moves.js';

/** Every state a version can be in, from the first draft to its retirement. */
export const STATES = [
  'draft',
  'proposed',
  'approved',
  'registering',
  'published',
  'failed',
  'refused',
  'withdrawn',
  'superseded',
  'deprecated',
  'retired',
] as const;

export type ProposalState = (typeof STATES)[number];

/** What can happen to a version. */
export type ProposalEvent =
  | 'propose'
  | 'approve'
  | 'refuse'
  | 'changes'
  | 'withdraw'
  | 'supersede'
  | 'carry-out'
  | 'publish'
  | 'fail'
  | 'retry'
  | 'deprecate'
  | 'retire';

/**
 * The legal moves. What is not in this table cannot happen, whoever asks: a decided version never
 * becomes undecided, and what was published is only ever deprecated, then retired.
 */
export const MOVES: Record<ProposalState, Partial<Record<ProposalEvent, ProposalState>>> = {
  draft: { propose: 'proposed', withdraw: 'withdrawn', supersede: 'superseded' },
  proposed: {
    approve: 'approved',
    refuse: 'refused',
    changes: 'draft',
    withdraw: 'withdrawn',
    supersede: 'superseded',
  },
  approved: { 'carry-out': 'registering' },
  registering: { publish: 'published', fail: 'failed' },
  failed: { retry: 'registering', withdraw: 'withdrawn', supersede: 'superseded' },
  published: { deprecate: 'deprecated' },
  deprecated: { retire: 'retired' },
  refused: {},
  withdrawn: {},
  superseded: {},
  retired: {},
};

/** States in which a version number is taken: no second proposal of it can be approved. */
export const DECIDED: readonly ProposalState[] = [
  'approved',
  'registering',
  'published',
  'deprecated',
  'retired',
];

/** States in which records may carry the version's schema id. */
export const LIVE: readonly ProposalState[] = ['published', 'deprecated'];

/** Where an event leads from a state, null if that is no legal move; and the events a state allows, in words. */
export const { moveOf, openMoves } = movesOf(MOVES);
