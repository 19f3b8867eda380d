import { problem } from '@caremesh/platform';
import type { ErrorEntry } from '@caremesh/platform';
import type { ClientBase } from 'pg';
import { describe, expect, test } from 'vitest';

import { disclosureErrors } from '../errors.js';
import type { ViewPlans } from '../views/plans.js';
import { Discloser } from './discloser.js';
import type { ProductReceived } from './product-record.js';

/** A discloser over one view whose plan cannot be had, and what it told the database. */
function withoutPlan(entry: ErrorEntry) {
  const told: string[] = [];
  const client = {
    query: (text: string) => {
      told.push(text.trim().split(/\s+/).slice(0, 3).join(' '));
      return Promise.resolve({ rows: text.includes('FROM view WHERE') ? [{ id: 4 }] : [] });
    },
  } as unknown as ClientBase;
  const plans = { of: () => Promise.reject(problem(entry)) } as unknown as ViewPlans;
  const written: unknown[] = [];
  const outbox = {
    write: (_: unknown, records: readonly unknown[]) => {
      written.push(...records);
      return Promise.resolve();
    },
  };
  return {
    discloser: new Discloser(plans, outbox, everybody),
    client,
    told,
    written,
  };
}

/** Nobody made a choice. */
const everybody = {
  permitted: (_: unknown, __: unknown, records: readonly ProductReceived[]) =>
    Promise.resolve({ of: () => records, leaving: () => [], stays: () => records }),
};

const record = {
  origin: { topic: 't', partition: 0, offset: 3n, timestamp: 0n },
} as ProductReceived;

describe('a view whose plan cannot be had', () => {
  test('is ended when it must not be written as it stands; the edition is read on', async () => {
    const { discloser, client, told, written } = withoutPlan(disclosureErrors.fieldNotDisclosable);
    await discloser.disclose(client, 'gp.visit.secondary.v1', [record]);
    expect(told).toContain('UPDATE view SET');
    expect(told.at(-1)).toBe('INSERT INTO edition_progress');
    expect(written).toEqual([]);
  });

  test('holds the batch up, and nothing leaves in clear, while the key store is away', async () => {
    const { discloser, client, told, written } = withoutPlan(disclosureErrors.keyStoreUnavailable);
    await expect(
      discloser.disclose(client, 'gp.visit.secondary.v1', [record]),
    ).rejects.toMatchObject({
      code: 'MESH-4001',
      retriable: true,
    });
    expect(told).not.toContain('UPDATE view SET');
    expect(written).toEqual([]);
  });
});
