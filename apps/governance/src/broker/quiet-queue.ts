import { createRequire } from 'node:module';

/** What of a connection's queue of requests in kafkajs 2.2.4 is looked at here. */
type RequestQueue = {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
};

const { prototype: queue } = createRequire(import.meta.url)(
  'kafkajs/src/network/requestQueue/index.js',
) as { prototype: RequestQueue };
const schedule = queue.scheduleCheckPendingRequests;

/**
 * kafkajs looks through each connection's queue again as soon as it has, with a timer of "throttled until" (-1 unless it is)
 * less now: a negative time, which Node makes 1 ms. An idle governance woke a thousand times a second, 7 % of a core of two.
 * Nothing waits in an empty queue, and whoever puts a request into one comes through here, as does each answer.
 */
queue.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};
