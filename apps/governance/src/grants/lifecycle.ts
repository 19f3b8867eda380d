import { movesOf } from '../lifecycle/moves.js';

/** Every state a grant can be in. */
export const GRANT_STATES = [
  'draft',
  'requested',
  'approved',
  'active',
  'suspended',
  'expired',
  'revoked',
  'refused',
  'withdrawn',
] as const;

export type GrantState = (typeof GRANT_STATES)[number];

/** What can happen to a grant. `approve` is the last approval its steps need; earlier ones leave it requested. */
export type GrantEvent =
  | 'request'
  | 'approve'
  | 'refuse'
  | 'changes'
  | 'revise'
  | 'withdraw'
  | 'activate'
  | 'suspend'
  | 'renew'
  | 'expire'
  | 'revoke';

/**
 * The legal moves. A grant that ended stays ended: access again is a new request and new decisions. What was refused
 * gave nothing, so its requester may write it anew; every step is then decided anew.
 */
export const GRANT_MOVES: Record<GrantState, Partial<Record<GrantEvent, GrantState>>> = {
  draft: { request: 'requested', withdraw: 'withdrawn' },
  requested: {
    approve: 'approved',
    refuse: 'refused',
    changes: 'draft',
    withdraw: 'withdrawn',
    expire: 'expired',
  },
  approved: {
    activate: 'active',
    suspend: 'suspended',
    revoke: 'revoked',
    expire: 'expired',
  },
  active: { suspend: 'suspended', revoke: 'revoked', expire: 'expired' },
  // Renewed, it is carried out again: principal, topic and access rules are made to stand anew.
  suspended: { renew: 'approved', revoke: 'revoked', expire: 'expired' },
  expired: {},
  revoked: {},
  refused: { revise: 'draft' },
  withdrawn: {},
};

/** States in which the grant's principal may exist and be given credentials. */
export const CREDENTIAL_STATES: readonly GrantState[] = ['approved', 'active'];

/** States in which a grant gives access, or will give it (again) without being asked for anew. */
export const LIVE_STATES: readonly GrantState[] = ['approved', 'active', 'suspended'];

/** States of what was granted: it gives access, will give it, or gave it until it ended. */
export const GRANTED_STATES: readonly GrantState[] = [...LIVE_STATES, 'expired', 'revoked'];

/** That a column holds one of these states, as SQL. They are names of the table above, never what somebody sent. */
export function isOneOf(column: string, states: readonly GrantState[]): string {
  return `${column} IN (${states.map((state) => `'${state}'`).join(', ')})`;
}

/** Moves that go by another name where they are asked for. */
const CALLED = {
  request: 'request (`mesh grant submit`)',
  revise: 'revise (`mesh grant edit`, then `mesh grant submit`)',
};

/** Where an event leads from a state, null if that is no legal move; and the events a state allows, in words. */
export const { moveOf: grantMoveOf, openMoves: openGrantMoves } = movesOf(GRANT_MOVES, CALLED);
