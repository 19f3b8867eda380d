import { londonOffset, parseDate, parseDateTime } from '../person/uk-time.js';

const DAY = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;

/** What says how long a thing holds; one of which nothing says so holds for good. */
export type Lasting = {
  use?: string | undefined;
  period?: { end?: string | undefined } | undefined;
};

/**
 * The things that have not ended, and those that have, at the time (ms) of the resource that states them: no clock, so that
 * what is landed is read the same later. Without a time (null), what has an end has ended if something there has none.
 * In both the one that ends last stands first; equal ones stand as they came.
 */
export function byEnd<T>(
  things: readonly T[],
  lastingOf: (thing: T) => Lasting | undefined,
  time: number | null,
): { current: T[]; ended: T[] } {
  const all = things.map((thing) => ({ thing, end: endOf(lastingOf(thing)) }));
  const isForGood = ({ end }: { end: number }): boolean => end === Infinity;
  if (all.every(isForGood)) return { current: [...things], ended: [] };
  const at = time ?? (all.some(isForGood) ? Number.MAX_VALUE : -Infinity);
  const inOrder = all.toSorted(
    (one, other) => Number(one.end < other.end) || -Number(one.end > other.end),
  );
  const thingsOf = (some: typeof all): T[] => some.map(({ thing }) => thing);
  return {
    current: thingsOf(inOrder.filter(({ end }) => end >= at)),
    ended: thingsOf(inOrder.filter(({ end }) => end < at)),
  };
}

/** The things that have not ended; all of them if everything has: what is known to have been is more than nothing. */
export function lasting<T>(...of: Parameters<typeof byEnd<T>>): T[] {
  const { current, ended } = byEnd<T>(...of);
  return current.length > 0 ? current : ended;
}

/** The last moment (ms) at which a thing holds. An end that cannot be read is none. */
export const endOf = ({ use, period }: Lasting = {}): number =>
  use === 'old' ? -Infinity : (lastMomentOf(period?.end) ?? Infinity);

/** The last moment (ms) of a FHIR date or dateTime: of a day, month or year its end in the UK (FHIR R4, Period.end). Null if it is none. */
export function lastMomentOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, year, month, day] = DAY.exec(text) ?? [];
  if (year === undefined) {
    const moment = parseDateTime(text, '').value;
    return moment === undefined ? null : Date.parse(moment);
  }
  if (parseDate(`${year}-${month ?? '01'}-${day ?? '01'}`, '').fault) return null;
  const [nextYear, nextMonth, nextDay] = [
    Number(year) + (month === undefined ? 1 : 0),
    month === undefined ? 0 : Number(month) - (day === undefined ? 0 : 1),
    day === undefined ? 1 : Number(day) + 1,
  ];
  const next = Date.UTC(nextYear, nextMonth, nextDay);
  return next - londonOffset(next) - 1;
}
