import { createLogger } from '@caremesh/platform';
import { describe, expect, it } from 'vitest';

import type { Grant } from '../governance/governance.js';
import type { Port } from './ports.js';
import { Watch } from './watch.js';

const LATER = new Date(Date.now() + 86_400_000);

/** Ports of grants without views; what is done for which of them is noted. */
function watching(grantIds: string[], answer: (id: string) => Promise<Grant | null>) {
  const done: string[] = [];
  const all = (): Promise<Port[]> =>
    Promise.resolve(grantIds.map((grantId) => ({ grantId, endsAt: LATER, isPaused: true })));
  const ports = {
    all,
    wasAway: () => Promise.resolve(false),
    note: () => Promise.resolve(),
    views: () => Promise.resolve([]),
    followed: () => Promise.resolve([]),
    resume: (id: string) => Promise.resolve(void done.push(id)),
  };
  const watch = new Watch({
    ports,
    governance: { grant: answer },
    ...{ tombstonesKeptMs: 1_000, log: createLogger('spec', 'silent') },
  } as unknown as ConstructorParameters<typeof Watch>[0]);
  return { watch, done };
}

const granted = (id: string): Promise<Grant> =>
  Promise.resolve({
    ...{ id, isActive: true, isSuspended: false, organisation: 'QUY', purpose: 'research' },
    ...{ requestedBy: 'user-analyst', endsAt: LATER, views: [] },
  });
const failingFor = (broken: string) => (id: string) =>
  id === broken ? Promise.reject(new Error('a table cannot be made')) : granted(id);

describe('a look at one port', () => {
  it('is told what fails for it, and nothing of the others', async () => {
    const { watch, done } = watching(['g1', 'g2', 'g3'], failingFor('g2'));
    await watch.lookFor('g3');
    expect(done).toEqual(['g3']);
    await expect(watch.lookFor('g2')).rejects.toThrow('a table cannot be made');
    await watch.lookFor('g4');
    expect(done).toEqual(['g3']);
  });
});

describe('a look at all ports', () => {
  it('goes on with the others where one fails, and tells it at the end', async () => {
    const { watch, done } = watching(['g1', 'g2', 'g3'], failingFor('g2'));
    expect(watch.isAnswered).toBe(false);
    await expect(watch.look()).rejects.toThrow('a table cannot be made');
    expect(done).toEqual(['g1', 'g3']);
    expect(watch.isAnswered).toBe(true);
  });

  it('knows whether governance has answered at all, or need not', async () => {
    const away = watching(['g1'], () => Promise.reject(new Error('no answer')));
    await expect(away.watch.look()).rejects.toThrow('no answer');
    expect(away.watch.isAnswered).toBe(false);
    const without = watching([], granted);
    await without.watch.look();
    expect(without.watch.isAnswered).toBe(true);
  });
});
