import { openDatabase } from '@caremesh/platform';
import type { Database } from '@caremesh/platform';
import { testDatabase } from '@caremesh/testing';
import type { TestDatabase } from '@caremesh/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { migrations } from '../disclosure.module.js';
import { StoredPseudonymKeys } from './pseudonym-keys.js';
import { FileWrapping } from './wrapping.js';

const [OLD, NEW] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const research = { organisation: 'QUY', purpose: 'research', optOut: 'applies' } as const;
const audit = { ...research, purpose: 'audit' } as const;
const exempt = { ...research, optOut: 'exempt' } as const;
let place: TestDatabase;
let opened: Database;

beforeAll(async () => {
  place = await testDatabase();
  opened = await openDatabase({ url: place.url, entities: [], migrations });
});
afterAll(async () => {
  await opened.close();
  await place.drop();
});

/** A process's keys, that asks its store at every use. */
const keysUnder = (...files: [() => Uint8Array, ...(() => Uint8Array)[]]) =>
  new StoredPseudonymKeys(opened.pool, new FileWrapping(...files), 0);

describe('pseudonym keys', () => {
  test('are one for a recipient and purpose, though two processes make it at once', async () => {
    const both = [keysUnder(() => OLD), keysUnder(() => OLD)];
    const [mine, theirs] = await Promise.all(both.map((keys) => keys.keyOf(research)));
    expect(mine).toEqual(theirs);
    expect(await both[0]!.keyOf(audit)).not.toEqual(mine);
    expect(await both[0]!.keyOf(exempt)).not.toEqual(mine);
  });

  test('are wrapped anew under another key by two processes at once, and stay what they are', async () => {
    const uses = [research, exempt];
    const before = await Promise.all(uses.map((use) => keysUnder(() => OLD).keyOf(use)));
    const rotated = [0, 1].map(() =>
      keysUnder(
        () => NEW,
        () => OLD,
      ),
    );
    const done = await Promise.all(rotated.map((keys) => keys.rewrap()));
    expect(done[0]! + done[1]!).toBe(3);
    const after = keysUnder(() => NEW);
    expect(await Promise.all(uses.map((use) => after.keyOf(use)))).toEqual(before);
    expect(await after.rewrap()).toBe(0);
    const standing = await after.list();
    expect(standing.map(({ wrappedBy: _, ...one }) => one)).toEqual(
      [audit, research, exempt].map(({ optOut: nationalOptOut, ...of }) => ({
        ...{ ...of, nationalOptOut, generation: 1, otherRule: 0 },
      })),
    );
    expect(new Set(standing.map(({ wrappedBy }) => wrappedBy)).size).toBe(1);
    await expect(keysUnder(() => OLD).keyOf(research)).rejects.toMatchObject({ code: 'MESH-4002' });
  });

  test('cannot be had while the store is away, which is told, and can when it is back', async () => {
    let isAway = false;
    const keys = keysUnder(() => {
      if (isAway) throw new Error('away');
      return NEW;
    });
    const key = await keys.keyOf(research);
    expect(keys.troubleOf(research)).toBeNull();
    isAway = true;
    await keys.check();
    expect(keys.troubleOf(research)).toMatchObject({ code: 'MESH-4001' });
    await expect(keys.keyOf(research)).rejects.toMatchObject({
      code: 'MESH-4001',
      retriable: true,
    });
    const { since } = keys.troubleOf(research)!;
    await keys.check();
    expect(keys.troubleOf(research)!.since).toEqual(since);
    isAway = false;
    await keys.check();
    expect(keys.troubleOf(research)).toBeNull();
    expect(await keys.keyOf(research)).toEqual(key);
  });
});
