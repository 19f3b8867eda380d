import { getHeapStatistics } from 'node:v8';
import { afterEach, expect, it, vi } from 'vitest';
import { giveBackSoon } from './give-back.js';

afterEach(() => void vi.useRealTimers());

const MIB = 1_048_576;

it('gives back what nobody holds any more, once, five seconds later', () => {
  vi.useFakeTimers();
  let held: unknown[] | null = Array.from({ length: 1_000_000 }, (_, n) => ({ n, text: `${n}` }));
  const full = getHeapStatistics().total_heap_size;
  expect(held.length).toBe(1_000_000);
  giveBackSoon();
  held = null;
  vi.advanceTimersByTime(4_999);
  const before = getHeapStatistics().total_heap_size;
  vi.advanceTimersByTime(1);
  const after = getHeapStatistics().total_heap_size;
  expect(held).toBeNull();
  expect(before).toBeGreaterThan(full - 20 * MIB);
  expect(after).toBeLessThan(before - 20 * MIB);
  expect(vi.getTimerCount()).toBe(0);
});
