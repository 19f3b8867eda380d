import type { Caller } from '@caremesh/platform';
import type { Pool } from 'pg';
import { describe, expect, test } from 'vitest';

import { filter, QuarantineController } from './quarantine.controller.js';

const row = {
  id: 'abcdefgh',
  product: 'gp.medication-statement',
  step: 'wire',
  errors: [],
  state: 'open',
  sha256: '00',
  bytes: 3,
  received_at: new Date('2026-01-02T03:04:05Z'),
  origin_topic: 'gp.medication-statement.secondary.v1',
  origin_partition: 4,
  origin_offset: '17',
};

/** A controller over one refused record of the GP domain, and the publishers it asked the database for. */
function controller(rows: readonly object[] = [row]) {
  const asked: unknown[] = [];
  const query = (_: string, values: unknown[]) => {
    asked.push(values[2]);
    return Promise.resolve({ rows });
  };
  return { made: new QuarantineController({ query } as unknown as Pool), asked };
}

const caller = (over: Partial<Caller>): Caller => ({
  sub: 'user-x',
  kind: 'user',
  name: 'x',
  roles: [],
  organisation: null,
  team: null,
  ...over,
});

describe('who sees what disclosure refused', () => {
  test.each([
    ['a governance lead all of it', caller({ roles: ['governance-lead'] }), null],
    ['a publisher their own topics', caller({ roles: ['publisher'], team: 'gp' }), ['gp']],
    ['a domain service its own', caller({ kind: 'domain', name: 'acute' }), ['acute']],
    ['an analyst nothing', caller({ roles: ['analyst'] }), []],
  ])('%s', async (_, who, publishers) => {
    const { made, asked } = controller();
    await made.list({}, who);
    expect(asked).toEqual([publishers]);
  });

  test('one record is shown with publisher, topic, partition and offset', async () => {
    const item = await controller().made.show('abcdefgh', caller({ roles: ['auditor'] }));
    expect(item).toMatchObject({
      publisher: 'gp',
      origin: { topic: 'gp.medication-statement.secondary.v1', partition: 4, offset: 17 },
      receivedAt: '2026-01-02T03:04:05.000Z',
    });
  });

  test.each([
    ['MESH-2804', true],
    ['undecodable', true],
    ['decode', true],
    ['banana', false],
  ])('a cause may be a code, a name or a step that there is: %s', (cause, known) => {
    expect(filter.safeParse({ cause }).success).toBe(known);
  });

  test.each([
    [{ state: 'open' }, true],
    [{ state: 'discarded' }, true],
    [{ state: 'nope' }, false],
    [{ publisher: 'social-care' }, true],
    [{ publisher: 'RX1' }, false],
    [{ publisher: 'gp or acute' }, false],
  ])('a state is one that there is, a publisher the name of a domain: %o', (given, known) => {
    expect(filter.safeParse(given).success).toBe(known);
  });

  test('a cursor that is no record of the list is refused: it would look like its end', async () => {
    const who = caller({ roles: ['auditor'] });
    const { made } = controller([]);
    await expect(made.list({ cursor: 'nosuchrecord' }, who)).rejects.toMatchObject({
      ...{ code: 'MESH-5130', status: 422 },
    });
    expect(await made.list({}, who)).toEqual({ items: [], next: null });
  });

  test("another domain's record is not known to a publisher", async () => {
    const who = caller({ roles: ['publisher'], team: 'acute' });
    await expect(controller().made.show('abcdefgh', who)).rejects.toMatchObject({
      code: 'MESH-4301',
      status: 404,
    });
  });
});
