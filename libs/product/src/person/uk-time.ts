import { fault } from '../errors.js';
import type { Fault } from '../errors.js';

/** A moment as RFC 3339 in UTC, or why it is none. */
export type ParsedTime = { value: string; fault?: undefined } | { value?: undefined; fault: Fault };
/** Calendar parts as written; time parts absent when only a date was given. */
export type Parts = {
  year: number;
  month: number;
  day: number;
  hour?: number;
  minute?: number;
  second?: number;
  millisecond?: number;
};

const HOUR = 3_600_000;
const LONDON_OFFSETS = [2 * HOUR, HOUR, 0];
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(Z|z|[+-]\d{2}:?\d{2})?$/;

/** The form of a FHIR time with its offset, at the second that only a leap second can be. */
const LEAP_SECOND = /T\d{2}:59:60(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** True if the day exists in the calendar (29 February only in leap years; years 1000 to 9999). */
export function dateExists(year: number, month: number, day: number): boolean {
  if (year < 1000 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/**
 * An existing calendar date `YYYY-MM-DD`; the answer is the same text.
 * @returns `dateMalformed` if the text has another form, `dateImpossible` if the day does not exist.
 */
export function parseDate(text: string, path: string): ParsedTime {
  const match = DATE.exec(text);
  if (!match) return { fault: fault('dateMalformed', path) };
  return dateExists(Number(match[1]), Number(match[2]), Number(match[3]))
    ? { value: text }
    : { fault: fault('dateImpossible', path) };
}

/**
 * A date and time `YYYY-MM-DDThh:mm[:ss[.fff]][offset]`. Without an offset it is Europe/London local time,
 * as everywhere in UK source systems. Of a fraction as many digits count as are stored, milliseconds. The sixtieth second of
 * a 59th minute, in FHIR's form with its offset, is a leap second: the last moment of that minute.
 */
export function parseDateTime(text: string, path: string): ParsedTime {
  const match = DATE_TIME.exec(text);
  if (!match) return { fault: fault('dateMalformed', path) };
  const isLeap = LEAP_SECOND.test(text);
  const fraction = isLeap ? '999' : match[7];
  const parts: Parts = {
    year: Number(match[1]),
    month: Number(match[2]),
    day: Number(match[3]),
    hour: Number(match[4]),
    minute: Number(match[5]),
    second: isLeap ? 59 : Number(match[6] ?? 0),
    millisecond: fraction ? Number(fraction.padEnd(3, '0').slice(0, 3)) : 0,
  };
  return match[8] ? withOffset(parts, match[8], path) : fromLondon(parts, path);
}

/**
 * The UTC moment of a London wall-clock time.
 * The hour repeated in October is its first passing (still summer time); a time skipped in March does not
 * exist and is a fault.
 */
export function fromLondon(parts: Parts, path: string): ParsedTime {
  const wrong = faultOfParts(parts, path);
  if (wrong) return { fault: wrong };
  const asUtc = utcOf(parts);
  // The largest offset first makes the repeated hour the first of the two.
  for (const offset of LONDON_OFFSETS) {
    if (londonOffset(asUtc - offset) === offset)
      return { value: new Date(asUtc - offset).toISOString() };
  }
  return { fault: fault('timeImpossible', path) };
}

/** The UTC moment of a wall-clock time with a stated offset: `Z`, `+01:00` or `+0100`. */
export function withOffset(parts: Parts, offset: string, path: string): ParsedTime {
  const wrong = faultOfParts(parts, path);
  if (wrong) return { fault: wrong };
  const minutes = offsetMinutes(offset);
  if (minutes === null) return { fault: fault('timeOffsetInvalid', path) };
  return { value: new Date(utcOf(parts) - minutes * 60_000).toISOString() };
}

/**
 * London's offset from UTC in milliseconds: an hour from 01:00 UTC of March's last Sunday to October's, the
 * rule since 1996; before that the time zone database is asked (double summer time, winters without GMT).
 */
export function londonOffset(utc: number): number {
  const year = new Date(utc).getUTCFullYear();
  if (year < 1996) return offsetOfDatabase(utc);
  return utc >= lastSundayAtOne(year, 2) && utc < lastSundayAtOne(year, 9) ? HOUR : 0;
}

const london = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  timeZoneName: 'longOffset',
});

function offsetOfDatabase(utc: number): number {
  const name =
    london.formatToParts(utc).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  return Number(/GMT\+0?(\d)/.exec(name)?.[1] ?? 0) * HOUR;
}

const sundays = new Map<number, number>();

/** 01:00 UTC of the last Sunday of a month (the rule of the UK since 1996). */
function lastSundayAtOne(year: number, month: number): number {
  const key = year * 12 + month;
  const known = sundays.get(key);
  if (known !== undefined) return known;
  const last = new Date(Date.UTC(year, month + 1, 0, 1));
  const found = last.getTime() - last.getUTCDay() * 24 * HOUR;
  sundays.set(key, found);
  return found;
}

function faultOfParts(parts: Parts, path: string): Fault | null {
  if (!dateExists(parts.year, parts.month, parts.day)) return fault('dateImpossible', path);
  const { hour = 0, minute = 0, second = 0 } = parts;
  return hour > 23 || minute > 59 || second > 59 ? fault('timeImpossible', path) : null;
}

const utcOf = ({
  year,
  month,
  day,
  hour = 0,
  minute = 0,
  second = 0,
  millisecond = 0,
}: Parts): number => Date.UTC(year, month - 1, day, hour, minute, second, millisecond);

function offsetMinutes(offset: string): number | null {
  if (offset === 'Z' || offset === 'z') return 0;
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(offset);
  if (!match) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  if (Number(match[3]) > 59 || minutes > 14 * 60) return null;
  return match[1] === '-' ? -minutes : minutes;
}
