import { describe, expect, it } from 'vitest';
import { periodsOf, since, until, within } from './access-periods.js';

const at = (text: string) => new Date(`2026-${text}Z`);
const timeline = [
  { event: 'requested', at: at('03-01T09:00') },
  { event: 'approved', at: at('03-02T09:00') },
  { event: 'activated', at: at('03-02T09:01') },
  { event: 'credential-made', at: at('03-02T10:00') },
  { event: 'suspended', at: at('03-10T12:00') },
  { event: 'renewed', at: at('03-20T08:00') },
  { event: 'activated', at: at('03-20T08:01') },
  { event: 'revoked', at: at('03-28T23:30') },
];
// A day in England: 29 March 2026 has 23 hours.
const days = {
  '02': [at('03-02T00:00'), at('03-03T00:00')],
  '10': [at('03-10T00:00'), at('03-11T00:00')],
  '15': [at('03-15T00:00'), at('03-16T00:00')],
  '28': [at('03-28T00:00'), at('03-29T00:00')],
  '29': [at('03-29T00:00'), at('03-29T23:00')],
} as const;
const on = (day: keyof typeof days) => {
  const [begin, end] = days[day];
  return within(periodsOf(timeline), begin, end).length;
};

describe('when a grant could read', () => {
  it('is from each activation to the next suspension or end', () => {
    expect(periodsOf(timeline)).toEqual([
      { since: at('03-02T09:01'), until: at('03-10T12:00') },
      { since: at('03-20T08:01'), until: at('03-28T23:30') },
    ]);
    expect(periodsOf(timeline.slice(0, 3))).toEqual([{ since: at('03-02T09:01'), until: null }]);
    expect(periodsOf([{ event: 'expired', at: at('03-01T09:00') }])).toEqual([]);
  });

  it('is no day of a suspension, and none after the end', () => {
    expect([on('02'), on('10'), on('15'), on('28'), on('29')]).toEqual([1, 1, 0, 1, 0]);
  });

  it('is not after what was read ended', () => {
    const [first, second] = periodsOf(timeline);
    expect(until([first!, second!], at('03-05T00:00'))).toEqual([
      { since: at('03-02T09:01'), until: at('03-05T00:00') },
    ]);
    const open = { since: at('03-02T09:01'), until: null };
    expect(until([open], at('03-05T00:00'))).toEqual([{ ...open, until: at('03-05T00:00') }]);
    expect(until([first!, second!], null)).toEqual([first, second]);
    expect(until([first!, second!], at('04-01T00:00'))).toEqual([first, second]);
  });

  it('is not before what was read began', () => {
    const [first, second] = periodsOf(timeline);
    expect(since([first!, second!], at('03-05T00:00'))).toEqual([
      { since: at('03-05T00:00'), until: first!.until },
      second,
    ]);
    expect(since([first!, second!], at('03-10T12:00'))).toEqual([second]);
    expect(since([first!, second!], at('03-01T00:00'))).toEqual([first, second]);
    const open = { since: at('03-02T09:01'), until: null };
    expect(since([open], at('03-05T00:00'))).toEqual([{ since: at('03-05T00:00'), until: null }]);
  });

  it('is not the day that begins when it ends', () => {
    const period = { since: at('03-02T09:00'), until: at('03-03T00:00') };
    expect(within([period], at('03-03T00:00'), at('03-04T00:00'))).toEqual([]);
    expect(within([period], at('03-02T00:00'), at('03-03T00:00'))).toEqual([period]);
  });
});
