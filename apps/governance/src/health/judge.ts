import { momentBefore } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';
import type { Breach } from './health.entity.js';
import type { DomainNumbers, MonitorNumbers } from './shapes.js';

// A promise of "within fifteen minutes" is about the ordinary record: one in twenty may come later.
const MOST_LATE_PERCENT = 5;

export type Measured = { window: MonitorNumbers | null; intake: DomainNumbers | null };

/**
 * Which promises are broken. What nobody measured (no live record in the window, no report) keeps the verdict
 * it had: silence neither breaks nor mends. Pure.
 */
export function judge(
  contract: Pick<DataContract, 'freshness' | 'completeness'>,
  { window, intake }: Measured,
  before: readonly Breach[],
): Breach[] {
  return [
    ...freshness(contract, { window, intake }, before),
    ...completeness(contract, window, before),
  ];
}

function freshness(
  { freshness: { within } }: Pick<DataContract, 'freshness'>,
  { window, intake }: Measured,
  before: readonly Breach[],
): Breach[] {
  const seen = (window?.timely ?? 0) + (window?.late ?? 0);
  const isLate = window !== null && seen > 0 && (100 * window.late) / seen > MOST_LATE_PERCENT;
  const promisedMs = millisecondsOf(within);
  const waits = intake?.publishLagMs ?? 0;
  if (waits > promisedMs) {
    const sentence = `A committed record has waited ${waits} ms to be published; ${within} is promised.`;
    return [{ promise: 'freshness', promised: within, measured: waits, sentence }];
  }
  if (isLate) {
    const sentence = `${window.late} of ${seen} records came later than ${within} after the event.`;
    return [{ promise: 'freshness', promised: within, measured: window.slowestMs, sentence }];
  }
  const isMeasured = seen > 0 || (intake !== null && window === null);
  return isMeasured ? [] : before.filter(({ promise }) => promise === 'freshness');
}

function completeness(
  contract: Pick<DataContract, 'completeness'>,
  window: MonitorNumbers | null,
  before: readonly Breach[],
): Breach[] {
  if (window === null || window.live === 0) {
    return before.filter(({ promise }) => promise === 'completeness');
  }
  const stated = new Map(window.stated.map(({ field, records }) => [field, records]));
  return contract.completeness.flatMap(({ field, atLeast }) => {
    // What is within a list is not counted.
    if (field.includes('[]')) return [];
    const percent = percentOf(stated.get(field) ?? 0, window.live);
    if (percent >= atLeast) return [];
    const sentence = `${percent} % of live records state ${field}; ${atLeast} % is promised.`;
    return [{ promise: 'completeness', field, promised: atLeast, measured: percent, sentence }];
  });
}

/** Percent to one decimal, rounded down: 94.96 % is not the 95 % that was promised. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.floor((1_000 * part) / whole) / 10;
}

function millisecondsOf(duration: string): number {
  const now = new Date();
  return now.getTime() - momentBefore(now, duration).getTime();
}
