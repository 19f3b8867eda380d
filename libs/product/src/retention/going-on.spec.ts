import { AnsweredOtherwise } from '@caremesh/platform';
import type { Peer } from '@caremesh/platform';
import { expect, it } from 'vitest';

import { Holds } from './holds.js';
import { keepRetention } from './keep-retention.js';

const contract = (product: string) => ({
  ...{ product, major: 1 },
  retention: { period: 'P30D', records: 'P1Y' },
});
const live = (id: string) => ({ id, major: 1 });

/** One sweep over these products; the records of the first are due. What it commits, and what is forgotten. */
async function sweepOnce(
  products: object[],
  { holds, commit }: { holds: object; commit(records: string[]): { outcome: string }[] },
) {
  const stopping = new AbortController();
  const due = Array.from({ length: 500 }, (_, n) => ({ record: `r${n}`, revision: 1 }));
  const commits: string[][] = [];
  const done: string[] = [];
  const query = (text: string) =>
    Promise.resolve({ rows: text.includes('revision FROM record') ? due : [], rowCount: 0 });
  const nothing = () => undefined;
  const client = { query, on: nothing, off: nothing, release: nothing };
  await keepRetention(
    {
      ...{ pool: { query, connect: () => Promise.resolve(client) }, holds, belowRoots: [] },
      ...{ products: () => products, everyMs: 3_600_000 },
      committer: {
        commit: ({ items }: { items: { changes: { record: string }[] }[] }) => {
          const records = items.flatMap(({ changes }) => changes.map(({ record }) => record));
          commits.push(records);
          return Promise.resolve(commit(records));
        },
      },
      submissions: { dropOrphans: () => Promise.resolve() },
      quarantine: {
        forget: () => {
          done.push('forgotten');
          stopping.abort();
          return Promise.resolve();
        },
      },
      log: {
        info: nothing,
        warn: (detail: object) => {
          done.push(JSON.stringify(detail));
          stopping.abort();
        },
      },
    } as unknown as Parameters<typeof keepRetention>[0],
    stopping.signal,
  );
  return { commits, done };
}

it('a product that governance does not know yet keeps no other from its retention', async () => {
  const peer = {
    ask: (path: string) =>
      path.endsWith('gp.second')
        ? Promise.reject(new AnsweredOtherwise('Governance', 404))
        : Promise.resolve({}),
  } as unknown as Peer;
  const products = [
    { contract: contract('gp.first'), live: null, retired: false },
    { contract: contract('gp.second'), live: null, retired: false },
  ];
  const { done } = await sweepOnce(products, { holds: new Holds(peer), commit: () => [] });
  expect(done).toEqual(['forgotten']);
});

it('a record that cannot be ended keeps no other from its end, and is not tried without end', async () => {
  const products = [{ contract: contract('gp.first'), live: live('gp.first'), retired: false }];
  const { commits, done } = await sweepOnce(products, {
    holds: { stands: () => Promise.resolve(false) },
    commit: (records) => [{ outcome: records.includes('r7') ? 'quarantined' : 'unchanged' }],
  });
  expect(commits.map(({ length }) => length)).toEqual([500, ...Array<number>(500).fill(1)]);
  expect(done[0]).toBe('{"product":"gp.first","left":1}');
});
