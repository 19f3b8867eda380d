import { expect, it } from 'vitest';

import type { ItemOutcome } from '../define/source.js';
import { emptyAnswer, showsItems, Tally } from './answer.js';
import type { Answer, UnitResult } from './answer.js';
import { progressStatement } from './submissions.js';

const outcome = (index: number): ItemOutcome => ({
  ...{ index, sourceId: null, outcome: 'accepted' },
  errors: [],
});

/** What is written of the items of `tally` with its unit `n`; null where those written before stay. */
function written(tally: Tally, n: number, result: UnitResult, last = false): number[] | null {
  const withItems = showsItems(result);
  const statement = progressStatement('r', tally.after(n, result), { last, withItems });
  const [, , , text] = statement.values as string[];
  const { items } = JSON.parse(text!) as Partial<Answer>;
  return items ? items.map(({ index }) => index) : null;
}

it('the items shown are written whenever there is a new one, however late its outcome is known', () => {
  const tally = new Tally(emptyAnswer('r'));
  const outcomes = [outcome(0), outcome(1)];
  expect(written(tally, 0, { stored: 1_000, outcomes })).toEqual([0, 1]);
  expect(written(tally, 1, { stored: 5_000, outcomes: [outcome(5_000)] })).toBeNull();
  // Of joined tables a root's outcome is known only when all rows were received.
  expect(written(tally, 2, { stored: 0, outcomes: [outcome(7)] })).toEqual([0, 1, 7]);
  expect(written(tally, 3, { stored: 0, outcomes: [outcome(5_001)] })).toBeNull();
  expect(written(tally, 4, { stored: 0, outcomes: [], complete: true }, true)).toEqual([0, 1, 7]);
});

it('a unit that is decided again writes its items again', () => {
  const tally = new Tally(emptyAnswer('r'));
  const result = { stored: 3_000, outcomes: [outcome(3)] };
  expect(written(tally, 0, result)).toEqual([3]);
  expect(written(tally, 0, result)).toEqual([3]);
});
