import { describe, expect, it, vi } from 'vitest';
import { Repeated, delayAfter } from './repeated.js';

const log = { warn: vi.fn() };

describe('Repeated', () => {
  it('runs at start, and again after a wake-up that came during a run', async () => {
    let runs = 0;
    let finish = () => {};
    const work: Repeated = new Repeated({
      name: 'test',
      everyMs: 60_000,
      log,
      run: () => {
        runs += 1;
        return new Promise<void>((resolve) => (finish = resolve));
      },
    });
    work.start();
    work.wake();
    work.wake();
    finish();
    await vi.waitFor(() => expect(runs).toBe(2));
    finish();
    await work.stop();
    expect(runs).toBe(2);
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'runs again after a wake-up that came %s turns after a run had begun to end',
    async (turns) => {
      let runs = 0;
      const work = new Repeated({
        ...{ name: 'test', everyMs: 60_000, log },
        run: async () => void (runs += 1),
      });
      work.start();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      work.wake();
      await vi.waitFor(() => expect(runs).toBe(2));
      await work.stop();
    },
  );

  it('tries again soon what failed, however seldom it is looked for', async () => {
    vi.useFakeTimers();
    const run = vi.fn(() => Promise.reject(new Error('registry down')));
    const work = new Repeated({ name: 'test', everyMs: 3_600_000, log, run });
    work.start();
    await vi.advanceTimersByTimeAsync(3_600);
    expect(run).toHaveBeenCalledTimes(4);
    await work.stop();
    vi.useRealTimers();
  });

  it('goes on after a run that failed, and says each reason once', async () => {
    let runs = 0;
    log.warn.mockClear();
    const work = new Repeated({
      name: 'test',
      everyMs: 5,
      log,
      run: async () => {
        runs += 1;
        if (runs <= 2) throw new Error('registry down');
      },
    });
    work.start();
    await vi.waitFor(() => expect(runs).toBeGreaterThan(2), { timeout: 5_000 });
    await work.stop();
    expect(log.warn).toHaveBeenCalledTimes(1);
  });

  it('does nothing before it is started nor after it is stopped', async () => {
    const run = vi.fn(async () => {});
    const work = new Repeated({ name: 'test', everyMs: 1, log, run });
    work.wake();
    await work.stop();
    expect(run).not.toHaveBeenCalled();
  });

  it('waits longer after each failure, up to five seconds', () => {
    expect([0, 1, 2, 3, 4, 50].map(delayAfter)).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
  });
});
