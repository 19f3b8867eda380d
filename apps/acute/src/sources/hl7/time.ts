import { fault, ukTime, type Fault } from '@caremesh/product';

const TIME_STAMP =
  /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,4}))?)?)?)?([+-]\d{4})?$/;

/**
 * The UTC moment of an HL7 time stamp (TS): `YYYYMMDD[HH[MM[SS[.S]]]][+/-ZZZZ]`. Without an offset it is
 * Europe/London wall-clock time; parts left out at the end count as zero. A year or month alone is too vague
 * for anything this product publishes.
 */
export function timeOf(text: string, path: string): string | Fault {
  const match = TIME_STAMP.exec(text);
  if (!match) return fault('dateMalformed', path);
  const parts = {
    year: Number(match[1]),
    month: Number(match[2]),
    day: Number(match[3]),
    hour: Number(match[4] ?? 0),
    minute: Number(match[5] ?? 0),
    second: Number(match[6] ?? 0),
    millisecond: Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)),
  };
  const moment = match[8]
    ? ukTime.withOffset(parts, match[8], path)
    : ukTime.fromLondon(parts, path);
  return moment.fault ?? moment.value;
}

/** The calendar date of an HL7 time stamp, as `YYYY-MM-DD`; the time of day is left aside. */
export function dateOf(text: string, path: string): string | Fault {
  const match = TIME_STAMP.exec(text);
  if (!match) return fault('dateMalformed', path);
  const date = ukTime.parseDate(`${match[1]}-${match[2]}-${match[3]}`, path);
  return date.fault ?? date.value;
}
