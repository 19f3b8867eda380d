import { expect, it } from 'vitest';
import { Backoff } from './backoff.js';

it('waits half a second and doubles up to ten, while deaths follow one another', () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 8 }, (_, n) => backoff.died(n * 20_000, 0).waitMs);
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
});

it('begins anew after a minute of health', () => {
  const backoff = new Backoff();
  for (let n = 0; n < 4; n++) backoff.died(n, 0);
  expect(backoff.died(100_000, 59_999).waitMs).toBe(8_000);
  expect(backoff.died(200_000, 60_000).waitMs).toBe(500);
  expect(backoff.died(201_000, 0).waitMs).toBe(1_000);
});

it('calls it failing at the fifth death within a minute', () => {
  const backoff = new Backoff();
  const failing = [0, 10_000, 20_000, 30_000, 59_999].map((at) => backoff.died(at, 0).failing);
  expect(failing).toEqual([false, false, false, false, true]);
});

it('does not count deaths a minute old', () => {
  const backoff = new Backoff();
  const failing = [0, 15_000, 30_000, 45_000, 60_000].map((at) => backoff.died(at, 0).failing);
  expect(failing).toEqual([false, false, false, false, false]);
});
