import { expect, it, vi } from 'vitest';

import { Registrar } from './registrar.js';

it('a version that cannot be carried out now keeps no other waiting', async () => {
  const rows = ['bad', 'good'].map((id) => ({
    ...{ id, product: `gp.${id}`, contentHash: id, state: 'approved', attempts: 0 },
  }));
  const rowOf = (id: string) => rows.find((one) => one.id === id)!;
  const builder: object = new Proxy(
    {},
    {
      get: (_, name) =>
        name === 'getRawMany'
          ? () => Promise.resolve(rows.filter(({ state }) => state !== 'published'))
          : () => builder,
    },
  );
  const em = {
    createQueryBuilder: () => builder,
    query: () => Promise.resolve([]),
    findOne: (_: unknown, { where }: { where: { id: string } }) => Promise.resolve(rowOf(where.id)),
    findOneByOrFail: () => Promise.resolve({}),
    ...{ findOneBy: () => Promise.resolve(null), existsBy: () => Promise.resolve(false) },
    update: (_: unknown, { id }: { id: string }, values: object) =>
      Promise.resolve(void Object.assign(rowOf(id), values)),
  };
  const store = {
    reader: em,
    transaction: (work: (one: object) => unknown) => work(em),
    exclusively: (_: string, work: () => unknown) => work(),
  };
  const lifecycle = {
    move: (_: unknown, row: { state: string }) => Promise.resolve(void (row.state = 'registering')),
  };
  const carryOut = {
    version: ({ id }: { id: string }) =>
      id === 'bad' ? Promise.reject(new Error('a 5xx of this one')) : Promise.resolve({}),
  };
  const publication = {
    publish: (_: unknown, row: { state: string }) =>
      Promise.resolve(void (row.state = 'published')),
  };
  const parts = [store, lifecycle, carryOut, publication, { warn: () => undefined }];
  const registrar = new Registrar(...(parts as unknown as ConstructorParameters<typeof Registrar>));
  registrar.onApplicationBootstrap();
  await vi.waitUntil(() => rowOf('good').state === 'published', { timeout: 5_000, interval: 20 });
  await registrar.onApplicationShutdown();
  expect(rowOf('bad')).toMatchObject({ state: 'registering', failure: 'Error: a 5xx of this one' });
});
