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

/** Where `event` leads from `state`, or null if that is no legal move. */
export function grantMoveOf(state: GrantState, event: GrantEvent): GrantState | null {
  return GRANT_MOVES[state][event] ?? null;
}

/** Moves that go by another name where they are asked for. */
const CALLED: Partial<Record<string, string>> = {
  request: 'request (`mesh grant submit`)',
  revise: 'revise (`mesh grant edit`, then `mesh grant submit`)',
};

/** The events a state allows, for the sentence that refuses another. */
export function openGrantMoves(state: GrantState): string {
  const events = Object.keys(GRANT_MOVES[state]).map((event) => CALLED[event] ?? event);
  return events.length > 0 ? `from "${state}": ${events.join(', ')}` : `"${state}" is final`;
}
