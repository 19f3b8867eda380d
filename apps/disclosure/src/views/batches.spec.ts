import { expect, test } from 'vitest';

import { apartFor, batchFor } from './batches.js';

test.each([
  [0, 1_000],
  [1, 1_000],
  [20, 1_000],
  [21, 952],
  [200, 100],
  [300, 66],
  [2_000, 10],
  [20_000, 1],
  [50_000, 1],
])('of an edition with %i views %i records are taken at once', (views, records) => {
  expect(batchFor(views)).toBe(records);
});

test('a batch is never more rows of views than 100 records in 200 views are', () => {
  for (let views = 1; views <= 5_000; views++) {
    expect(batchFor(views) * views).toBeLessThanOrEqual(20_000);
  }
});

test.each([
  [0, 50],
  [10, 50],
  [100, 500],
  [200, 1_000],
  [300, 1_000],
])('batches of an edition with %i views are begun %i ms apart', (views, ms) => {
  expect(apartFor(views)).toBe(ms);
});
