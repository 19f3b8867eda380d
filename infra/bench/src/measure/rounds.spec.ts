import { describe, expect, it } from 'vitest';
import { interleave, median, percentile, ratio } from './rounds.js';

describe('measuring', () => {
  it('takes the middle figure', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2);
  });

  it('takes percentiles by nearest rank', () => {
    const figures = Array.from({ length: 100 }, (_, n) => n + 1);
    expect([0.5, 0.95, 0.99].map((share) => percentile(figures, share))).toEqual([50, 95, 99]);
  });

  it('runs contenders in turn, after one round that does not count', async () => {
    const ran: string[] = [];
    const contender = (name: string) => ({
      name,
      run: async (round: number) => {
        ran.push(`${name}${round}`);
        return round;
      },
    });
    const results = await interleave([contender('a'), contender('b')], 2);
    expect(ran).toEqual(['a-1', 'b-1', 'a0', 'b0', 'a1', 'b1']);
    expect(results[0]).toEqual({ name: 'a', figures: [0, 1], median: 0 });
  });

  it('compares round by round', () => {
    const of = (name: string, figures: number[]) => ({ name, figures, median: median(figures) });
    expect(ratio(of('ours', [20, 40, 90]), of('peer', [10, 10, 30]))).toBe(3);
  });
});
