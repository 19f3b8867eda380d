import { ukTime, type Fault } from '@caremesh/product';

const DAY = 86_400_000;
/** A year or a month alone is a FHIR date too; the product gives days or nothing. */
const VAGUE = /^\d{4}(?:-(?:0[1-9]|1[0-2]))?$/;

/** The day of a FHIR date or dateTime in the UK's calendar, as days since 1970-01-01. */
export function dayOf(text: string | undefined, path: string, faults: Fault[]): number | null {
  if (text === undefined || VAGUE.test(text)) return null;
  if (text.length > 10) {
    const moment = momentOf(text, path, faults);
    return moment === null ? null : Math.floor((moment + ukTime.londonOffset(moment)) / DAY);
  }
  const date = ukTime.parseDate(text, path);
  if (date.fault) faults.push(date.fault);
  return date.fault ? null : Date.parse(date.value) / DAY;
}

/** The moment of a FHIR dateTime as milliseconds; a day alone begins at midnight in London. */
export function momentOf(text: string | undefined, path: string, faults: Fault[]): number | null {
  if (text === undefined || VAGUE.test(text)) return null;
  const time = ukTime.parseDateTime(text.length === 10 ? `${text}T00:00` : text, path);
  if (time.fault) faults.push(time.fault);
  return time.fault ? null : Date.parse(time.value);
}
