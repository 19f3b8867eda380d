import { describe, expect, it } from 'vitest';
import { DECIDED, MOVES, STATES, moveOf, openMoves } from './lifecycle.js';
import type { ProposalEvent } from './lifecycle.js';

describe('the life-cycle of a version', () => {
  it('goes from draft to retired by these moves', () => {
    const way: ProposalEvent[] = [
      'propose',
      'approve',
      'carry-out',
      'publish',
      'deprecate',
      'retire',
    ];
    const states = way.reduce(
      (seen, event) => [...seen, moveOf(seen.at(-1) ?? 'draft', event) ?? 'draft'],
      ['draft' as (typeof STATES)[number]],
    );
    expect(states).toEqual([
      'draft',
      'proposed',
      'approved',
      'registering',
      'published',
      'deprecated',
      'retired',
    ]);
  });

  it('comes back from failed to registering alone', () => {
    expect(moveOf('registering', 'fail')).toBe('failed');
    expect(moveOf('failed', 'retry')).toBe('registering');
    expect(moveOf('failed', 'publish')).toBeNull();
  });

  it('never undoes a decision, and never publishes what nobody approved', () => {
    for (const state of STATES) {
      const before = Object.entries(MOVES).filter(([, moves]) =>
        Object.values(moves).includes(state),
      );
      if (state === 'published') expect(before.map(([from]) => from)).toEqual(['registering']);
      if (state === 'approved') expect(before.map(([from]) => from)).toEqual(['proposed']);
    }
    for (const state of DECIDED) {
      expect(Object.values(MOVES[state])).not.toContain('proposed');
      expect(moveOf(state, 'refuse')).toBeNull();
    }
  });

  it('says which moves are open', () => {
    expect(openMoves('approved')).toBe('from "approved": carry-out');
    expect(openMoves('retired')).toBe('"retired" is final');
  });
});
