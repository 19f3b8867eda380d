import { describe, expect, it } from 'vitest';
import { MOTION_MOVES, MOTION_STATES, motionMove, openMotionMoves } from './lifecycle.js';

describe('the life-cycle of what is put to the leads', () => {
  it('holds only after an approval, which nothing undoes', () => {
    const into = MOTION_STATES.filter((state) =>
      Object.values(MOTION_MOVES[state]).includes('approved'),
    );
    expect(into).toEqual(['proposed']);
    expect(Object.values(MOTION_MOVES.approved)).toEqual(['ended', 'expired']);
    expect(motionMove('approved', 'refuse')).toBeNull();
    expect(motionMove('expired', 'approve')).toBeNull();
  });

  it('says which moves are open', () => {
    expect(openMotionMoves('approved')).toBe('from "approved": end, expire');
    expect(openMotionMoves('refused')).toBe('"refused" is final');
  });
});
