import { expect, it } from 'vitest';

import type { ItemOutcome } from '../define/source.js';
import { emptyAnswer, Tally } from './answer.js';
import type { Answer } from './answer.js';
import { progressStatement } from './submissions.js';

const outcome = (index: number): ItemOutcome => ({
  ...{ index, sourceId: null, outcome: 'accepted' },
  errors: [],
});

/** What is written of an answer's items with a unit; null where those written before stay. */
function written(answer: Answer, last = false): number[] | null {
  const [, , , text] = progressStatement('r', answer, last).values as string[];
  const { items } = JSON.parse(text!) as Partial<Answer>;
  return items ? items.map(({ index }) => index) : null;
}

it('the items shown are written whenever there is a new one, however late its outcome is known', () => {
  const tally = new Tally(emptyAnswer('r'));
  const outcomes = [outcome(0), outcome(1)];
  expect(written(tally.after(0, { stored: 1_000, outcomes }))).toEqual([0, 1]);
  expect(written(tally.after(1, { stored: 5_000, outcomes: [outcome(5_000)] }))).toBeNull();
  // Of joined tables a root's outcome is known only when all rows were received.
  expect(written(tally.after(2, { stored: 0, outcomes: [outcome(7)] }))).toEqual([0, 1, 7]);
  expect(written(tally.after(3, { stored: 0, outcomes: [outcome(5_001)] }))).toBeNull();
  expect(written(tally.after(4, { stored: 0, outcomes: [], complete: true }), true)).toEqual([
    0, 1, 7,
  ]);
});

it('a unit that is decided again writes its items again', () => {
  const tally = new Tally(emptyAnswer('r'));
  const result = { stored: 3_000, outcomes: [outcome(3)] };
  expect(written(tally.after(0, result))).toEqual([3]);
  expect(written(tally.after(0, result))).toEqual([3]);
});
