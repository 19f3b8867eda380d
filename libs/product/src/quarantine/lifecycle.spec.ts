import { expect, it } from 'vitest';

import { movesBy, QUARANTINE_MOVES, QUARANTINE_STATES } from './lifecycle.js';

it('ends what was published or discarded for good, and takes what was resolved for replayed only', () => {
  const final = QUARANTINE_STATES.filter(
    (state) => Object.keys(QUARANTINE_MOVES[state]).length === 0,
  );
  expect(final).toEqual(['replayed', 'discarded']);
  expect(movesBy('replay')).toEqual([
    ['open', 'replayed'],
    ['resolved', 'replayed'],
  ]);
  expect([movesBy('resolve'), movesBy('discard')]).toEqual([
    [['open', 'resolved']],
    [['open', 'discarded']],
  ]);
});
