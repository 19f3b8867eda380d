import { ukTime } from '@caremesh/product';
import type { AdtMessage } from '../../sources/adt-message.js';
import type { Segment, Value } from '../../sources/hl7/message.js';
import { timeOf } from '../../sources/hl7/time.js';
import type { InpatientSpell } from './record.gen.js';

/** A time as a message tells it; `isDay`: by its day alone, and any time of day is not the message's word for it. */
export type TimeTold = { value: Value; path: string; isDay: boolean };

/** The times of a stay that a sender may tell by their day alone. */
export type TimeField = 'admissionAt' | 'dischargeAt' | 'transferredAt';
type Times = Pick<Partial<InpatientSpell>, TimeField>;

const DAY = 86_400_000;
const DAY_ALONE = /^\d{8}(?:[+-]\d{4})?$/;

/**
 * When somebody came or left, as PV1 says. Of the event's own message that says nothing, or the day alone, it is when the
 * event happened, if that was on the same day: midnight would put a discharge before the admission of its day.
 */
export function whenOf(
  pv1: Segment,
  field: 44 | 45,
  source: AdtMessage,
  own: AdtMessage['event'],
): TimeTold {
  const value = pv1.value(field);
  const stated = { value, path: `PV1-${field}` };
  if (source.event !== own || value === null)
    return { ...stated, isDay: DAY_ALONE.test(value ?? '') };
  return firstOf([stated, ...occurrences(source)]);
}

/** When the event happened (EVN-6), else when it was recorded (EVN-2), else when the message was made. */
export const occurredOf = (source: AdtMessage): TimeTold => firstOf(occurrences(source));

type Stamp = Omit<TimeTold, 'isDay'>;

function occurrences({ message }: AdtMessage): Stamp[] {
  const evn = message.first('EVN');
  return [
    { value: evn?.value(6), path: 'EVN-6' },
    { value: evn?.value(2), path: 'EVN-2' },
    { value: message.header.time, path: 'MSH-7' },
  ];
}

/** The first that is told; a day alone gives way to the first after it that is a time of that day. */
function firstOf(told: Stamp[]): TimeTold {
  const [first, ...others] = told.filter(({ value }) => typeof value === 'string');
  if (!first) return { value: undefined, path: 'MSH-7', isDay: false };
  if (!DAY_ALONE.test(first.value ?? '')) return { ...first, isDay: false };
  const day = dayOfStamp(first);
  const nearer = others.find(
    (one) => !DAY_ALONE.test(one.value ?? '') && day !== null && dayOfStamp(one) === day,
  );
  // When an event occurred is stated; when it was recorded is only near to it.
  return { ...(nearer ?? first), isDay: nearer?.path !== 'EVN-6' };
}

function dayOfStamp({ value, path }: Stamp): number | null {
  const moment = timeOf(value ?? '', path);
  return typeof moment === 'string' ? londonDay(Date.parse(moment)) : null;
}

/** The day of London of a moment, as a count of days. */
const londonDay = (moment: number): number =>
  Math.floor((moment + ukTime.londonOffset(moment)) / DAY);

/** The moment at which a day of London begins: its clocks change an hour after UTC's midnight, so that tells the offset. */
const beginningOf = (day: number): number => day * DAY - ukTime.londonOffset(day * DAY);

/** The day of London on which a message was said: when it was recorded (EVN-2), else when it was made. */
export function dayOfMessage({ message, at }: Pick<AdtMessage, 'message' | 'at'>): number {
  const recorded = message.first('EVN')?.value(2);
  return dayOfStamp({ value: recorded, path: 'EVN-2' }) ?? londonDay(Date.parse(at));
}

const isMidnight = (moment: number): boolean => (moment + ukTime.londonOffset(moment)) % DAY === 0;

/**
 * What is told of a stay that is held; a time told by its day alone (`days`) leaves the time of that day that is held. A
 * discharge that is held by no more than the day of the admission goes with an admission that is now told as later.
 */
export function besideHeld<T extends Times>(held: Times, told: T, days: readonly TimeField[]): T {
  const times = { ...told };
  for (const field of days) times[field] = nearest(held[field], times[field]);
  const isLeft = told.dischargeAt === undefined && isByDay(held);
  if (isLeft && isOneDayReversed({ ...held, ...times })) times.dischargeAt = times.admissionAt;
  return times;
}

/** True if the discharge, as it is held, may be known by its day alone: what `settled` made of such, or the day's beginning. */
const isByDay = ({ admissionAt, dischargeAt }: Times): boolean =>
  typeof dischargeAt === 'number' && (dischargeAt === admissionAt || isMidnight(dischargeAt));

/**
 * Of a discharge and an admission of one day, in the wrong order, what is told by its day alone gives way: a discharge is no
 * earlier than the admission, which is the first moment that it can have been; an admission is the beginning of its day,
 * which is how a day alone stands and before whatever discharge is told later.
 */
export function settled<T extends Times>(times: T, days: readonly TimeField[]): T {
  if (!isOneDayReversed(times)) return times;
  if (days.includes('dischargeAt')) return { ...times, dischargeAt: times.admissionAt };
  if (!days.includes('admissionAt')) return times;
  return { ...times, admissionAt: beginningOf(londonDay(times.admissionAt!)) };
}

const isOneDayReversed = (times: Times): boolean =>
  endsBeforeStart(times) && londonDay(times.admissionAt!) === londonDay(times.dischargeAt!);

/** Of a held time and one told by its day alone, what says more of the same day. */
function nearest<V extends number | null | undefined>(held: V, told: V): V {
  const isNearer =
    typeof held === 'number' &&
    typeof told === 'number' &&
    londonDay(held) === londonDay(told) &&
    !isMidnight(held);
  return isNearer ? held : told;
}

/** True if both times are known and the discharge is the earlier. */
export const endsBeforeStart = ({ admissionAt, dischargeAt }: Times): boolean =>
  Boolean(admissionAt && dischargeAt && dischargeAt < admissionAt);
