import type { FieldError } from '@caremesh/platform';
import { grantErrors } from '../../errors.js';
import { fault } from '../fault.js';
import type { RequestBody } from '../shapes.js';

/** UK GDPR article 35 applies since then; before it nothing was called a data protection impact assessment. */
const FIRST_ASSESSMENT = '2018-05-25';
/** A year of the toolkit ends on 30 June, the day by which the assessment of that year is published. */
const TOOLKIT_YEAR_BEGINS = '07-01';
/** The law knows no longest retention; nobody who asks today will see to an erasure after this. */
const LONGEST_RETENTION_YEARS = 100;

/** What of the papers cannot be as it is stated: dates to come or long gone, and a retention without end. */
export function paperErrors(
  { dpia, dspt, retention }: Pick<RequestBody, 'dpia' | 'dspt' | 'retention'>,
  now: Date,
): FieldError[] {
  const today = now.toISOString().slice(0, 10);
  const found = [
    ['$.dpia.date', assessmentFault(dpia?.date, today)],
    ['$.dspt.year', toolkitFault(dspt?.year, today)],
    ['$.retention.period', retentionFault(retention?.period)],
  ] as const;
  return found.flatMap(([path, message]) =>
    message === null ? [] : [fault(grantErrors.fieldPaper, path, message)],
  );
}

function assessmentFault(date: string | undefined, today: string): string | null {
  if (date === undefined) return null;
  if (date > today) return 'The assessment is dated after today.';
  return date < FIRST_ASSESSMENT
    ? `There were no such assessments before ${FIRST_ASSESSMENT}: the one it replaced was another.`
    : null;
}

/** The assessment of one year holds until that of the next is due. */
function toolkitFault(year: string | undefined, today: string): string | null {
  if (year === undefined) return null;
  const starts = startOfYear(year);
  if (starts === null) return 'A year of the toolkit such as 2025/26 is expected.';
  const calendar = Number(today.slice(0, 4));
  const running = today.slice(5) < TOOLKIT_YEAR_BEGINS ? calendar - 1 : calendar;
  const named = `${starts}/${String(starts + 1).slice(2)}`;
  if (starts > running) return `The year ${named} of the toolkit has not begun.`;
  return starts < running - 1 ? `An assessment of ${named} holds no longer: it is yearly.` : null;
}

/** 2025/26, 2025-26, 2025/2026 or 2025: the year in which it begins. */
function startOfYear(text: string): number | null {
  const [, first, last] = /^(\d{4})(?:[/-](?:\d\d)?(\d\d))?$/.exec(text) ?? [];
  if (first === undefined) return null;
  const starts = Number(first);
  return last === undefined || Number(last) === (starts + 1) % 100 ? starts : null;
}

function retentionFault(period: string | undefined): string | null {
  if (period === undefined) return null;
  const of = (unit: string) => Number(new RegExp(`(\\d+)${unit}`).exec(period)?.[1] ?? 0);
  const years = of('Y') + of('M') / 12 + of('W') / 52 + of('D') / 365;
  return years > LONGEST_RETENTION_YEARS
    ? `A retention lasts at most ${LONGEST_RETENTION_YEARS} years.`
    : null;
}
