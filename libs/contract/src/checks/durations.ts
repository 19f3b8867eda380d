/** ISO 8601 durations as contracts use them: years, months, weeks, days; or hours, minutes, seconds after T. */
const DURATION =
  /^P(?=.)(?:\d{1,4}Y)?(?:\d{1,4}M)?(?:\d{1,4}W)?(?:\d{1,5}D)?(?:T(?=.)(?:\d{1,5}H)?(?:\d{1,5}M)?(?:\d{1,5}S)?)?$/;

/** Whether the text is a duration longer than nothing. */
export function isDuration(text: string): boolean {
  return DURATION.test(text) && /[1-9]/.test(text);
}

const UNITS =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/**
 * The moment that lies a duration before another, by the calendar in UTC: P1M before 31 March is the last day of
 * February. Throws a RangeError for a text that is no duration.
 */
export function momentBefore(moment: Date, duration: string): Date {
  const match = isDuration(duration) ? UNITS.exec(duration) : null;
  if (!match) throw new RangeError('not a duration, such as P30D or PT15M');
  const parts = match.slice(1).map((part) => Number(part ?? 0));
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts;
  const at = new Date(moment);
  const day = at.getUTCDate();
  at.setUTCDate(1);
  at.setUTCMonth(at.getUTCMonth() - 12 * years - months);
  const lastDay = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
  at.setUTCDate(Math.min(day, lastDay));
  const rest = ((weeks * 7 + days) * 24 + hours) * 3_600 + minutes * 60 + seconds;
  return new Date(at.getTime() - rest * 1_000);
}
