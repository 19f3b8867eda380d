import { ukTime } from '@caremesh/product';
import type { Medicine, Patient } from './resources.js';

const DAY = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;

/** What says how long a thing holds; one of which nothing says so holds for good. */
type Lasting = { use?: string | undefined; period?: { end?: string | undefined } | undefined };
/** A record's resource and its patient, or a patient who came alone: what tells at what time something has ended. */
export type Dated = { medicine?: Medicine; patient: Patient | null };

/**
 * The things that have not ended, and those that have, at the time of the resource that states them: no clock, so that
 * what is landed is read the same later. Of a resource without a time, what has an end has ended if something there has none.
 * In both the one that ends last stands first; equal ones stand as they came.
 */
export function byEnd<T>(
  things: readonly T[],
  lastingOf: (thing: T) => Lasting | undefined,
  dated: Dated,
): { current: T[]; ended: T[] } {
  const all = things.map((thing) => ({ thing, end: endOf(lastingOf(thing)) }));
  const isForGood = ({ end }: { end: number }): boolean => end === Infinity;
  if (all.every(isForGood)) return { current: [...things], ended: [] };
  const at = timeOf(dated) ?? (all.some(isForGood) ? Number.MAX_VALUE : -Infinity);
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

/** The last moment at which a thing holds. An end that cannot be read is none. */
export const endOf = ({ use, period }: Lasting = {}): number =>
  use === 'old' ? -Infinity : (lastMomentOf(period?.end) ?? Infinity);

/**
 * The time of a resource: when it was last changed, else when it was written or asserted, else since when it is true. The patient
 * is what says what has ended, so it is no earlier than when that was last changed.
 */
function timeOf({ medicine, patient }: Dated): number | null {
  const times = [medicine && ownTimeOf(medicine), lastMomentOf(patient?.meta?.lastUpdated)];
  const known = times.filter((time) => typeof time === 'number');
  return known.length > 0 ? Math.max(...known) : null;
}

function ownTimeOf(medicine: Medicine): number | null {
  const stated =
    medicine.resourceType === 'MedicationRequest'
      ? [medicine.authoredOn]
      : [medicine.dateAsserted, medicine.effectiveDateTime, medicine.effectivePeriod?.start];
  const times = [medicine.meta?.lastUpdated, ...stated].map(lastMomentOf);
  return times.find((time) => time !== null) ?? null;
}

/** The last moment of a FHIR date or dateTime: of a day, month or year its end in the UK (FHIR R4, Period.end). Null if it is none. */
function lastMomentOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, year, month, day] = DAY.exec(text) ?? [];
  if (year === undefined) {
    const moment = ukTime.parseDateTime(text, '').value;
    return moment === undefined ? null : Date.parse(moment);
  }
  if (ukTime.parseDate(`${year}-${month ?? '01'}-${day ?? '01'}`, '').fault) return null;
  const [nextYear, nextMonth, nextDay] = [
    Number(year) + (month === undefined ? 1 : 0),
    month === undefined ? 0 : Number(month) - (day === undefined ? 0 : 1),
    day === undefined ? 1 : Number(day) + 1,
  ];
  const next = Date.UTC(nextYear, nextMonth, nextDay);
  return next - ukTime.londonOffset(next) - 1;
}
