import { describe, expect, it } from 'vitest';
import { GRANT_MOVES, GRANT_STATES, grantMoveOf, openGrantMoves } from './lifecycle.js';

describe('the life-cycle of a grant', () => {
  it('is active only after it was approved', () => {
    const before = GRANT_STATES.filter((state) =>
      Object.values(GRANT_MOVES[state]).includes('active'),
    );
    expect(before).toEqual(['approved']);
    expect(grantMoveOf('requested', 'activate')).toBeNull();
  });

  it('stays ended once it ended', () => {
    for (const state of ['expired', 'revoked', 'withdrawn'] as const) {
      expect(GRANT_MOVES[state]).toEqual({});
      expect(openGrantMoves(state)).toBe(`"${state}" is final`);
    }
  });

  it('that was refused can only be written anew, and asked for again', () => {
    expect(GRANT_MOVES.refused).toEqual({ revise: 'draft' });
    expect(grantMoveOf('requested', 'changes')).toBe('draft');
    expect(GRANT_MOVES.draft).toEqual({ request: 'requested', withdraw: 'withdrawn' });
  });

  it('says of what was refused by which commands it is asked for again', () => {
    expect(openGrantMoves('refused')).toBe(
      'from "refused": revise (`mesh grant edit`, then `mesh grant submit`)',
    );
    expect(openGrantMoves('draft')).toBe('from "draft": request (`mesh grant submit`), withdraw');
  });

  it('can always be taken away while it gives something', () => {
    for (const state of ['approved', 'active', 'suspended'] as const) {
      expect(grantMoveOf(state, 'revoke')).toBe('revoked');
      expect(grantMoveOf(state, 'expire')).toBe('expired');
    }
  });

  it('is carried out anew after a suspension', () => {
    expect(grantMoveOf('active', 'suspend')).toBe('suspended');
    expect(grantMoveOf('suspended', 'renew')).toBe('approved');
  });
});
