/** A day as its count since 1970-01-01, so that lives can be added up; texts are made by each format. */
export type Day = number;
/** A London wall-clock minute, between 07:00 and 22:59: an hour that no change of the clocks skips or repeats. */
export type Moment = { day: Day; hour: number; minute: number };

/** The day of an ISO date. */
export const dayOf = (iso: string): Day => Math.floor(Date.parse(iso) / 86_400_000);

/** The same few thousand days come up millions of times. */
const written = new Map<Day, string>();

/** `2026-03-09`. */
export function isoDay(day: Day): string {
  let text = written.get(day);
  if (text === undefined) {
    text = new Date(day * 86_400_000).toISOString().slice(0, 10);
    written.set(day, text);
  }
  return text;
}

/** `09/03/2026`, as councils and most spreadsheets write it. */
export function ukDay(day: Day): string {
  const [year, month, date] = isoDay(day).split('-');
  return `${date}/${month}/${year}`;
}

/** `20260309`. */
export const hl7Day = (day: Day): string => isoDay(day).replaceAll('-', '');

/** `09:05`. */
export const clock = ({ hour, minute }: Moment): string => `${pad(hour)}:${pad(minute)}`;

/** `202603090905`, without an offset: London’s wall clock. */
export const hl7Moment = (moment: Moment): string =>
  `${hl7Day(moment.day)}${pad(moment.hour)}${pad(moment.minute)}`;

const pad = (number: number): string => String(number).padStart(2, '0');
