import { expect, it } from 'vitest';

import { apply } from './apply.js';
import { Emitter } from './emit.js';
import type { Alias, KeyedMerge, LiveProduct } from './model.js';
import { World } from './world.js';

const REF = { nhsNumber: null, nhsNumberStatus: '07', local: { issuer: 'A81001', id: 'x' } };

/** Applies merges one after the other to people of whom nothing is held; what became of each. */
async function merged(
  ...pairs: [from: string, into: string, ...aliases: string[]][]
): Promise<string[]> {
  const world = new World();
  const emitter = new Emitter(Buffer.alloc(32), [], 0);
  const outcomes: string[] = [];
  for (const [from, into, ...names] of pairs) {
    const aliases = names.map((key): Alias => ({ key, nhsNumber: null, id: key }));
    const change: KeyedMerge = {
      ...{ change: 'merge', from, fromRef: REF, into, intoRef: REF, aliases },
      ...{ product: {} as LiveProduct, publisherOds: 'A81001', at: null, traceparent: '' },
    };
    const applied = await apply(world, emitter, change);
    outcomes.push(
      typeof applied === 'object' && 'code' in applied ? applied.code : String(applied),
    );
  }
  return outcomes;
}

it('takes a merge told again as known, also when its survivor was merged on since', async () => {
  expect(await merged(['a', 'b'], ['a', 'b'])).toEqual(['accepted', 'unchanged']);
  expect(await merged(['a', 'b'], ['b', 'c'], ['a', 'b'], ['a', 'c'])).toEqual([
    ...['accepted', 'accepted', 'unchanged', 'unchanged'],
  ]);
});

it('takes two who were both merged into a third for one person', async () => {
  expect(await merged(['a', 'c'], ['b', 'c'], ['a', 'b'])).toEqual([
    ...['accepted', 'accepted', 'unchanged'],
  ]);
});

it('refuses a merge whose survivor ended in the person it names, and one into the same', async () => {
  expect(await merged(['a', 'b'], ['b', 'a'])).toEqual(['accepted', 'MESH-2602']);
  expect(await merged(['a', 'b'], ['b', 'c'], ['c', 'a'])).toEqual([
    ...['accepted', 'accepted', 'MESH-2602'],
  ]);
  expect(await merged(['a', 'a'])).toEqual(['MESH-2601']);
});

it('takes what else the two are known by for new until it was told', async () => {
  expect(await merged(['a', 'b'], ['a', 'b', 'x'], ['a', 'b', 'x'], ['x', 'b'])).toEqual([
    ...['accepted', 'accepted', 'unchanged', 'unchanged'],
  ]);
});

it('makes no circle of identifiers that name each other', async () => {
  expect(await merged(['a', 'b', 'b', 'a'], ['a', 'c', 'b'], ['c', 'd', 'a', 'b', 'd'])).toEqual([
    ...['accepted', 'accepted', 'accepted'],
  ]);
});
