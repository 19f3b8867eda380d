import { expect, it, vi } from 'vitest';

import { GrantEnding } from './grant-ending.js';
import { KeyGenerations } from './key-changes/key-generations.js';

const log = { warn: () => undefined };
const patient = { timeout: 5_000, interval: 20 };

it('a client that cannot be removed keeps no other ended one signing in', async () => {
  const ended = ['grant-a-1', 'grant-b-1', 'grant-c-1'].map((clientId) => ({ clientId }));
  const removed: string[] = [];
  const reader = {
    find: () => Promise.resolve([]),
    query: () => Promise.resolve([]),
    findBy: () => Promise.resolve(ended.filter(({ clientId }) => !removed.includes(clientId))),
    update: () => Promise.resolve(),
  };
  const identity = {
    remove: (id: string) =>
      id === 'grant-a-1' ? Promise.reject(new Error('500')) : Promise.resolve(removed.push(id)),
  };
  const waiting = { cutNow: () => Promise.resolve() };
  const parts = [{ reader }, {}, {}, waiting, identity, log];
  const ending = new GrantEnding(
    ...(parts as unknown as ConstructorParameters<typeof GrantEnding>),
  );
  ending.onApplicationBootstrap();
  await vi.waitUntil(() => removed.length === 2, patient);
  await ending.onApplicationShutdown();
  expect(removed).toEqual(['grant-b-1', 'grant-c-1']);
});

it('a view that cannot be made keeps no other from being made, and no former one readable', async () => {
  const stood: string[] = [];
  const withdrawn: string[] = [];
  const former = { grantId: 'other', topic: 'share.other.gp.x.v1', product: 'gp.x', major: 1 };
  const query = (sql: string) => {
    if (!sql.includes('NOT p.ready')) return Promise.resolve([]);
    return Promise.resolve([{ id: 'bad' }, { id: 'good' }].filter(({ id }) => !stood.includes(id)));
  };
  const em = {
    query,
    findBy: (_: unknown, { grantId }: { grantId?: string }) =>
      Promise.resolve(grantId === undefined ? [former] : [{ grantId }]),
    findOneBy: () => Promise.resolve({ ready: true }),
    findOne: () => Promise.resolve({ id: 'g', state: 'active', organisation: 'QUY' }),
    ...{ save: () => Promise.resolve(), update: () => Promise.resolve() },
  };
  const store = {
    reader: em,
    transaction: (work: (one: object) => unknown) => work(em),
    exclusively: async (_: string, work: () => unknown, isDue: () => Promise<boolean>) =>
      (await isDue()) ? work() : null,
  };
  const provision = {
    stand: (id: string) =>
      id === 'bad' ? Promise.reject(new Error('refused')) : Promise.resolve(stood.push(id) && []),
  };
  const access = {
    withdraw: (rules: { name: string }[]) =>
      Promise.resolve(withdrawn.push(...rules.map(({ name }) => name))),
  };
  const lifecycle = { note: () => Promise.resolve() };
  const topics = { empty: () => Promise.resolve() };
  const outbox = { tell: () => Promise.resolve() };
  const parts = [store, lifecycle, provision, access, topics, outbox, log];
  const changes = new KeyGenerations(
    ...(parts as unknown as ConstructorParameters<typeof KeyGenerations>),
  );
  changes.onApplicationBootstrap();
  await vi.waitUntil(() => stood.length > 0 && withdrawn.length > 0, patient);
  await changes.onApplicationShutdown();
  expect(stood).toEqual(['good']);
  expect(withdrawn).toContain(former.topic);
});
