import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RefusedSignIns } from './refused-sign-ins.js';
import type { LedgerNote } from './refused-sign-ins.js';

let written: LedgerNote[];
const write = async (note: LedgerNote) => void written.push(note);
const counts = () => written.map(({ detail }) => detail['count']);

describe('refused sign-ins', () => {
  beforeEach(() => {
    written = [];
  });

  it('are written as numbers, by code and by client where one is known', async () => {
    const refused = new RefusedSignIns('gp');
    refused.count('MESH-5202');
    refused.count('MESH-5202');
    refused.count('invalid_client', 'svc-disclosure');
    refused.start(write);
    await refused.stop();
    const moment = expect.stringMatching(/^\d{4}-.*Z$/) as string;
    const rest = { from: moment, until: moment };
    expect(written).toEqual([
      {
        action: 'sign-in.refused',
        object: 'service:gp',
        detail: { code: 'MESH-5202', count: 2, ...rest },
      },
      {
        action: 'sign-in.refused',
        object: 'service:gp',
        detail: { code: 'invalid_client', client: 'svc-disclosure', count: 1, ...rest },
      },
    ]);
  });

  it('are kept while the ledger cannot be reached', async () => {
    const refused = new RefusedSignIns('gp');
    const down = vi.fn(() => Promise.reject(new Error('down')));
    refused.start(down);
    refused.count('MESH-5203');
    expect(await refused.flush()).toBe(true);
    refused.count('MESH-5203');
    refused.start(write);
    await refused.stop();
    expect(down).toHaveBeenCalledTimes(1);
    expect(counts()).toEqual([2]);
  });

  it('are of so many kinds and no more, whoever guesses', async () => {
    const refused = new RefusedSignIns('gp');
    for (let at = 0; at < 1_000; at += 1) refused.count('MESH-5202', `client-${at}`);
    refused.start(write);
    await refused.stop();
    // Two hundred kinds by name, and one for all others.
    expect(written).toHaveLength(201);
    expect(counts().at(-1)).toBe(800);
  });
});
