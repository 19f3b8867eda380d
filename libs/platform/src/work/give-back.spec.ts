import { getHeapStatistics } from 'node:v8';
import { afterEach, expect, it, vi } from 'vitest';
import { giveBackWhenIdle } from './give-back.js';

afterEach(() => void vi.useRealTimers());

const MIB = 1_048_576;
const heap = (): number => getHeapStatistics().total_heap_size;
const much = (): unknown[] => Array.from({ length: 1_000_000 }, (_, n) => ({ n, text: `${n}` }));

it('gives back what nobody holds any more five seconds after the start, and later when little is to be done', () => {
  vi.useFakeTimers();
  let busy = 1;
  let held: unknown[] | null = much();
  const full = heap();
  expect(held.length).toBe(1_000_000);
  giveBackWhenIdle(() => busy);
  held = null;
  vi.advanceTimersByTime(4_999);
  const before = heap();
  vi.advanceTimersByTime(1);
  const after = heap();
  expect(held).toBeNull();
  expect(before).toBeGreaterThan(full - 20 * MIB);
  expect(after).toBeLessThan(before - 20 * MIB);

  expect(much().length).toBe(1_000_000);
  const again = heap();
  expect(again).toBeGreaterThan(after + 32 * MIB);
  vi.advanceTimersByTime(10_000);
  expect(heap()).toBeGreaterThan(again - 20 * MIB);
  busy = 0;
  vi.advanceTimersByTime(10_000);
  expect(heap()).toBeLessThan(again - 20 * MIB);
});
