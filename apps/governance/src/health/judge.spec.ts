import { describe, expect, it } from 'vitest';
import { judge, percentOf } from './judge.js';
import type { DomainNumbers, MonitorNumbers } from './shapes.js';

const contract = {
  freshness: { within: 'PT15M' },
  completeness: [
    { field: 'medicationCode', atLeast: 95 },
    { field: 'activities[].code', atLeast: 100 },
  ],
};
const window = (change: Partial<MonitorNumbers> = {}): MonitorNumbers => ({
  records: 100,
  live: 100,
  findings: 0,
  bytes: 1,
  timely: 100,
  late: 0,
  slowestMs: 10,
  newestAt: null,
  stated: [{ field: 'medicationCode', records: 95 }],
  versions: [],
  ...change,
});
const intake = (publishLagMs: number): DomainNumbers => ({
  since: '2026-01-01T00:00:00Z',
  ...{ accepted: 1, unchanged: 0, retracted: 0, refused: 0, refusals: [] },
  publishLagMs,
  lastAcceptedAt: null,
});

describe('promises', () => {
  it('are kept at exactly what they promise', () => {
    expect(judge(contract, { window: window(), intake: intake(0) }, [])).toEqual([]);
  });

  it('are broken one record below, named by field and in words', () => {
    const stated = [{ field: 'medicationCode', records: 94 }];
    expect(judge(contract, { window: window({ stated }), intake: null }, [])).toEqual([
      {
        promise: 'completeness',
        field: 'medicationCode',
        promised: 95,
        measured: 94,
        sentence: '94 % of live records state medicationCode; 95 % is promised.',
      },
    ]);
  });

  it('of freshness are broken when more than one record in twenty came late', () => {
    const five = window({ timely: 95, late: 5 });
    expect(judge(contract, { window: five, intake: null }, [])).toEqual([]);
    const six = window({ timely: 94, late: 6, slowestMs: 1_000_000 });
    expect(judge(contract, { window: six, intake: null }, [])).toMatchObject([
      { promise: 'freshness', promised: 'PT15M', measured: 1_000_000 },
    ]);
  });

  it('of freshness are broken by what cannot be published, which nobody reads yet', () => {
    const stuck = { window: window(), intake: intake(900_001) };
    expect(judge(contract, stuck, [])).toMatchObject([{ promise: 'freshness', measured: 900_001 }]);
    expect(judge(contract, { ...stuck, intake: intake(900_000) }, [])).toEqual([]);
  });

  it('keep their verdict while nothing is measured', () => {
    const broken = judge(contract, { window: window({ stated: [], late: 50 }), intake: null }, []);
    expect(broken.map(({ promise }) => promise)).toEqual(['freshness', 'completeness']);
    const empty = window({ records: 0, live: 0, timely: 0, late: 0, stated: [] });
    expect(judge(contract, { window: empty, intake: null }, broken)).toEqual(broken);
    expect(judge(contract, { window: null, intake: null }, broken)).toEqual(broken);
  });
});

describe('percent', () => {
  it('is rounded down, so that just below is below', () => {
    expect([percentOf(9_496, 10_000), percentOf(1, 3), percentOf(0, 0)]).toEqual([94.9, 33.3, 100]);
  });
});
