/** Half a second, doubling up to ten. */
const FIRST_MS = 500;
export const LONGEST_BACKOFF_MS = 10_000;
/** A part that stayed healthy this long has recovered: its next death counts as its first. */
const RECOVERED_MS = 60_000;
/** This many deaths within the window are shown as `failing`; we go on trying all the same. */
const FAILING_DEATHS = 5;
const WINDOW_MS = 60_000;

/**
 * How often a part died lately, and so how long to wait and what to show. Times are milliseconds of a clock that nobody sets: by
 * the day's, a part would be given up, or waited for, for as long as that was put forward or back.
 */
export class Backoff {
  private attempts = 0;
  private deaths: number[] = [];

  constructor(private readonly longestMs = LONGEST_BACKOFF_MS) {}

  /** Tells of a death after `healthyMs` of health; gives the wait before the next start. */
  died(now: number, healthyMs: number): { waitMs: number; failing: boolean } {
    if (healthyMs >= RECOVERED_MS) this.attempts = 0;
    const waitMs = Math.min(FIRST_MS * 2 ** this.attempts, this.longestMs);
    this.attempts += 1;
    this.deaths = [...this.deaths.filter((at) => now - at < WINDOW_MS), now];
    return { waitMs, failing: this.deaths.length >= FAILING_DEATHS };
  }
}
