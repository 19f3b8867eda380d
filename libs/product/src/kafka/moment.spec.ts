import fc from 'fast-check';
import { expect, it } from 'vitest';
import { momentOn } from './moment.js';

const now = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });

it('is the present moment on any topic but one of a grant', () => {
  fc.assert(fc.property(now, (at) => momentOn('gp.medication-statement.v1', at) === at));
});

it('is on topics of two grants never the same to the millisecond, at most a second early, and never back', () => {
  const [mine, theirs] = ['share.abcdefgh.gp.x.v1', 'share.abcdefgj.gp.x.v1'];
  fc.assert(
    fc.property(now, now, (a, b) => {
      expect(momentOn(mine, a)).not.toBe(momentOn(theirs, b));
      expect(a - momentOn(mine, a)).toBeGreaterThanOrEqual(0);
      expect(a - momentOn(mine, a)).toBeLessThan(1_000);
      expect(momentOn(mine, Math.max(a, b))).toBeGreaterThanOrEqual(momentOn(mine, Math.min(a, b)));
    }),
  );
});
