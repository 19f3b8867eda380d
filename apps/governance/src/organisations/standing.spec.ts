import { describe, expect, it } from 'vitest';
import { standingOn } from './standing.js';

const sussex = {
  name: 'NHS SUSSEX INTEGRATED CARE BOARD',
  opened: '2022-07-01',
  closed: '2026-04-01',
  successors: [{ ods: null, name: 'NHS SURREY AND SUSSEX INTEGRATED CARE BOARD' }],
};
const { name } = sussex;

describe('an organisation on a day', () => {
  it('is open from its first day to the one before it is closed', () => {
    expect(standingOn(sussex, '2022-06-30')).toEqual({
      state: 'not-yet-open',
      name,
      opened: '2022-07-01',
    });
    expect(standingOn(sussex, '2022-07-01')).toEqual({ state: 'open', name });
    expect(standingOn(sussex, '2026-03-31')).toEqual({ state: 'open', name });
  });

  it('is closed from that day on, and says what came after it', () => {
    const { closed, successors } = sussex;
    expect(standingOn(sussex, '2026-04-01')).toEqual({ state: 'closed', name, closed, successors });
  });

  it('is open where no days are known, and unknown where it is not listed', () => {
    const trust = { name: 'A TRUST', opened: null, closed: null, successors: [] };
    expect(standingOn(trust, '1948-07-05')).toEqual({ state: 'open', name: 'A TRUST' });
    expect(standingOn(null, '2026-01-01')).toEqual({ state: 'unknown' });
  });
});
