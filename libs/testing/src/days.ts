const DAY_MS = 86_400_000;

/**
 * The date so many days from today, as `YYYY-MM-DD` (UTC): for ends that must lie ahead on whichever day a
 * spec runs.
 */
export function dayFromNow(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
}
