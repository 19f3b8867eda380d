/** Half a year: long enough to mend what is waived, short enough to be thought about again. */
export const LONGEST_WAIVER_DAYS = 183;

const DAY_MS = 86_400_000;

/**
 * The first moment at which a waiver `until` a day or moment holds no more: a day is its last. Null if that is not
 * after `now`, or more than LONGEST_WAIVER_DAYS and a day from it. Pure.
 */
export function endOf(until: string, now: Date): Date | null {
  const isDay = until.length === 10;
  const end = new Date(new Date(until).getTime() + (isDay ? DAY_MS : 0));
  const latest = now.getTime() + (LONGEST_WAIVER_DAYS + 1) * DAY_MS;
  return end > now && end.getTime() <= latest ? end : null;
}
