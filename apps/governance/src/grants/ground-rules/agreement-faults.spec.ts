import { describe, expect, it } from 'vitest';
import type { Standing } from '../../organisations/standing.js';
import { agreementFaults } from './agreement-faults.js';

const TODAY = '2026-11-29';
const open: Standing = { state: 'open', name: 'A TRUST' };
const closed: Standing = {
  ...{ state: 'closed', name: 'A BOARD', closed: '2026-04-01', successors: [] },
};
const found = (until: string | null, standings: Standing[]) =>
  agreementFaults(until, standings, TODAY).map(({ path, code }) => `${path} ${code}`);

describe('an agreement of organisations', () => {
  it('holds today at least', () => {
    expect(found(TODAY, [open])).toEqual([]);
    expect(found(null, [open])).toEqual([]);
    expect(found('2020-12-05', [open])).toEqual(['$.until MESH-3713']);
  });

  it('is of organisations that stand, or of which nothing is known', () => {
    expect(found(null, [open, { state: 'unknown' }])).toEqual([]);
    expect(found('2020-12-05', [open, closed])).toEqual([
      '$.until MESH-3713',
      '$.organisations[1] MESH-3514',
    ]);
  });
});
