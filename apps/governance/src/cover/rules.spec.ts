import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Person } from '../authority/authority.js';
import { isInForce, withCovers } from './rules.js';
import type { Cover } from './rules.js';

const day = (n: number) => new Date(Date.UTC(2026, 10, n));
const cover: Cover = {
  role: 'governance-lead',
  holder: 'user-lead',
  holderTeam: 'governance',
  holderRoles: ['governance-lead'],
  deputy: 'user-deputy',
  fromAt: day(2),
  untilAt: day(9),
  endedAt: null,
};
const deputy: Person = { sub: 'user-deputy', kind: 'user', roles: ['analyst'], team: 'board' };
const authors = [{ sub: 'user-publisher', team: 'gp' }];

describe('cover', () => {
  it('begins with its first moment and ends before its last', () => {
    expect([1, 2, 8, 9].map((n) => isInForce(cover, day(n)))).toEqual([false, true, true, false]);
    expect(isInForce({ ...cover, endedAt: day(4) }, day(4))).toBe(false);
    expect(isInForce({ ...cover, endedAt: day(4) }, day(3))).toBe(true);
  });

  it('gives the deputy the role, and nobody else', () => {
    expect(withCovers(deputy, [cover], authors, day(3)).roles).toEqual([
      'analyst',
      'governance-lead',
    ]);
    const other = { ...deputy, sub: 'user-other' };
    expect(withCovers(other, [cover], authors, day(3))).toEqual(other);
  });

  it('is worth nothing for what its holder, or the holder’s team, made', () => {
    for (const author of [
      { sub: 'user-lead', team: null },
      { sub: 'user-colleague', team: 'governance' },
    ]) {
      expect(withCovers(deputy, [cover], [author], day(3)).roles).toEqual(['analyst']);
    }
  });

  it('is worth nothing for what those made for whose domain its holder publishes', () => {
    const both = { ...cover, holderTeam: null, holderRoles: ['governance-lead', 'gp-publisher'] };
    expect(withCovers(deputy, [both], authors, day(3)).roles).toEqual(['analyst']);
    const elsewhere = [{ sub: 'user-publisher', team: 'acute' }];
    expect(withCovers(deputy, [both], elsewhere, day(3)).roles).toContain('governance-lead');
  });

  it('never gives a role outside its days, whatever covers there are', () => {
    const covers = fc.array(
      fc.record({ from: fc.integer({ min: 1, max: 14 }), days: fc.integer({ min: 0, max: 14 }) }),
    );
    fc.assert(
      fc.property(covers, fc.integer({ min: 1, max: 28 }), (spans, today) => {
        const all = spans.map(({ from, days }) => ({
          ...cover,
          fromAt: day(from),
          untilAt: day(from + days),
        }));
        const held = withCovers(deputy, all, authors, day(today)).roles.includes(cover.role);
        expect(held).toBe(spans.some(({ from, days }) => from <= today && today < from + days));
      }),
    );
  });
});
