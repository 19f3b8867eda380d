import type { Pool } from 'pg';
import { describe, expect, test } from 'vitest';

import type { KeyTrouble } from '../keys/pseudonym-keys.js';
import { ViewStanding } from './standing.js';

const AT = new Date('2026-11-25T12:00:00Z');
const row = {
  topic: 'share.abcdefgh.gp.medication-statement.v1',
  organisation: 'QUY',
  purpose: 'research',
  active: true,
  optOut: false,
  filling: false,
  receivedAt: null as Date | null,
  heldSince: AT,
  trouble: null as string | null,
  troubleAt: null as Date | null,
};

/** How one view stands, given its row and what is wrong with its recipient's key. */
async function standing(over: Partial<typeof row>, keyTrouble: KeyTrouble | null = null) {
  const query = () => Promise.resolve({ rows: [{ ...row, ...over }] });
  const keys = { troubleOf: () => keyTrouble };
  const [one] = await new ViewStanding({ query } as unknown as Pool, keys).of('abcdefgh');
  return one!;
}

describe('how a view stands', () => {
  test('it follows, or is being filled, and nothing is held', async () => {
    expect(await standing({})).toMatchObject({ state: 'following', held: null });
    expect(await standing({ filling: true })).toMatchObject({ state: 'filling', held: null });
  });

  test('it is held until a list has come where the national opt-out applies', async () => {
    expect(await standing({ optOut: true })).toMatchObject({
      state: 'held',
      held: { code: 'MESH-4407', since: '2026-11-25T12:00:00.000Z' },
    });
    const listed = await standing({ optOut: true, receivedAt: AT });
    expect(listed).toMatchObject({ state: 'following', held: null });
  });

  test('it is held while the key store is away, since then, whatever else is right', async () => {
    const since = new Date('2026-11-25T13:00:00Z');
    const away = { code: 'MESH-4001', since };
    for (const over of [{}, { optOut: true, receivedAt: AT }, { optOut: true }]) {
      expect(await standing(over, away)).toMatchObject({
        state: 'held',
        held: {
          code: 'MESH-4001',
          since: '2026-11-25T13:00:00.000Z',
          why: 'The key store cannot be reached, so nothing is disclosed',
        },
      });
    }
  });

  test('one that has ended is not held, though the key store is away', async () => {
    const away = { code: 'MESH-4001', since: AT };
    expect(await standing({ active: false }, away)).toMatchObject({ state: 'ended', held: null });
  });

  test('what keeps a newer list away is told with its time while the last good one still holds', async () => {
    const troubleAt = new Date('2026-11-25T14:00:00Z');
    const failing = { optOut: true, trouble: 'MESH-4405', troubleAt };
    const told = {
      code: 'MESH-4405',
      since: '2026-11-25T14:00:00.000Z',
      why: 'A cleaned list is malformed or cut short, so it is not used',
    };
    expect(await standing({ ...failing, receivedAt: AT })).toMatchObject({
      ...{ state: 'following', listedAt: AT.toISOString(), held: null, trouble: told },
    });
    expect(await standing(failing)).toMatchObject({ held: { code: 'MESH-4405' }, trouble: told });
    expect(await standing({ optOut: true, receivedAt: AT })).toMatchObject({ trouble: null });
    for (const none of [{ optOut: false }, { active: false }]) {
      expect(await standing({ ...failing, receivedAt: AT, ...none })).toMatchObject({
        trouble: null,
      });
    }
  });
});
