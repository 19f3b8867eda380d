import { STANDARD_STATES, type StandardState } from './standard.js';

/**
 * The legal moves of a standard. A draft may be dropped or go straight to use; what is in use is first said to be on
 * its way out, so that nobody finds it gone; what is retired stays in the catalogue for those who still hold records
 * made to it, and never comes back under the same identifier.
 */
export const STANDARD_MOVES: Record<StandardState, readonly StandardState[]> = {
  draft: ['trial', 'active', 'retired'],
  trial: ['draft', 'active', 'retired'],
  active: ['deprecated'],
  deprecated: ['active', 'retired'],
  retired: [],
};

/** May a standard go from one state to the other? Staying is no move and always allowed. */
export function isStandardMove(from: StandardState, to: StandardState): boolean {
  return from === to || STANDARD_MOVES[from].includes(to);
}

/** The moves open from a state, for the sentence that refuses another. */
export function openStandardMoves(from: StandardState): string {
  const open = STANDARD_STATES.filter((state) => STANDARD_MOVES[from].includes(state));
  return open.length > 0 ? `from "${from}": ${open.join(', ')}` : `"${from}" is final`;
}
