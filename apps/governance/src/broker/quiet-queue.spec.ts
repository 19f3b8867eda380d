import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import './quiet-queue.js';

type Queue = { scheduleCheckPendingRequests(): void };
const { prototype } = createRequire(import.meta.url)(
  'kafkajs/src/network/requestQueue/index.js',
) as { prototype: Queue };

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

it.each([
  ['nothing', { pending: [], throttledUntil: -1 }, 0],
  ['a request that is pending', { pending: ['one'], throttledUntil: -1 }, 1],
  ['a throttle that is to end', { pending: [], throttledUntil: 1_000_500 }, 1],
])('a queue with %s sets %o: timers %i', (_, state, timers) => {
  const queue = Object.assign(Object.create(prototype) as Queue, state);
  queue.scheduleCheckPendingRequests();
  expect(vi.getTimerCount()).toBe(timers);
});
