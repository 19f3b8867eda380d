import { describe, expect, it, vi } from 'vitest';
import { demonstration, mesh } from './mesh.js';

/** A mesh with contracts, records and views, each decision marked as shown off. */
type List<T> = { items: T[] };
type Entry = { action: string; actor: string; detail: Record<string, unknown> };
type Reading = { topic: string; state: string };
type Grant = { id: string; state: string; products: string[]; requestedBy: string };

describe('what `npm start` leaves', () => {
  it('publishes every contract, proposed by one person and approved by another', async () => {
    expect([demonstration.exit, demonstration.stderr]).toEqual([
      0,
      expect.stringContaining('Running already'),
    ]);
    const products = await mesh.json<List<{ id: string }>>('product', 'list', '--as', 'analyst');
    expect(products.items.map(({ id }) => id)).toEqual([
      'acute.inpatient-spell',
      'community.care-contact',
      'gp.medication-statement',
      'social-care.care-package',
    ]);
  });

  it('takes in the sources of 200 people in their real formats, and refuses none of them', () => {
    const told = demonstration.stderr.split('\n').filter((line) => /received/.test(line));
    expect(told.length).toBe(5);
    expect(told.join()).not.toMatch(/quarantined|held/);
    const statements = told
      .filter((line) => line.startsWith('  gp:'))
      .map((line) => Number(/(\d+) accepted/.exec(line)?.[1]));
    expect(statements.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(200);
  });

  it('gives one analyst the views of two products, and prints their first records', async () => {
    const { items } = await mesh.json<List<Grant>>('grant', 'list', '--as', 'analyst');
    expect(items.map(({ state, products }) => [products, state])).toEqual(
      expect.arrayContaining([
        [['gp.medication-statement'], 'active'],
        [['acute.inpatient-spell'], 'active'],
      ]),
    );
    const records = demonstration.stdout.split('\n').filter((line) => line.startsWith('  {'));
    expect(records.length).toBe(4);
    // A view: a pseudonym in place of the person, and no name for any of them.
    for (const record of records) {
      expect(JSON.parse(record)).toMatchObject({ person: expect.stringMatching(/^[a-z2-7]{26}$/) });
      expect(record).not.toMatch(/nhsNumber"|localPatientId"|postcode/i);
    }
  });

  it('reads in two lanes what its views are made from', async () => {
    const read = async (): Promise<Record<string, string[]>> => {
      const told = ['view', 'subscriptions', '--as', 'governance-lead'];
      const { items } = await mesh.json<List<Reading>>(...told);
      const byTopic = Map.groupBy(items, ({ topic }) => topic);
      return Object.fromEntries(
        [...byTopic].map(([topic, all]) => [topic, all.map(({ state }) => state)]),
      );
    };
    // A thread says once a second how it stands.
    await vi.waitFor(
      async () =>
        expect(await read()).toEqual({
          'acute.inpatient-spell.secondary.v1': ['reading', 'reading'],
          'gp.medication-statement.secondary.v1': ['reading', 'reading'],
        }),
      { timeout: 30_000, interval: 500 },
    );
  });

  it('has individual care agreed on by the Caldicott guardian and a lead', async () => {
    const { items } = await mesh.json<List<object>>('agreement', 'list', '--as', 'analyst');
    expect(items).toEqual([
      expect.objectContaining({
        ...{ inForce: true, organisations: ['QR1', 'QUY', 'RRK'], demonstration: true },
        proposedBy: 'user-caldicott-guardian',
        decision: expect.objectContaining({ decidedBy: 'user-governance-lead' }) as object,
      }),
    ]);
  });

  it('marks each of its decisions on the ledger', async () => {
    const { items } = await mesh.json<List<Entry>>('audit', 'list', '--as', 'auditor');
    const decisions = items.filter(({ actor }) => actor.startsWith('user-'));
    expect(decisions.length).toBeGreaterThan(0);
    for (const { action, detail } of decisions) {
      if ('reason' in detail)
        expect([action, detail['reason']]).toEqual([
          action,
          expect.stringMatching(/^Demonstration: /),
        ]);
    }
  });

  it('ends with addresses, sign-ins and commands to try', () => {
    for (const heading of ['Addresses', 'Sign-ins', 'Try this']) {
      expect(demonstration.stdout).toContain(`\n${heading}\n`);
    }
    expect(demonstration.stdout.match(/^npx mesh /gm)?.length).toBe(3);
  });

  it('does nothing a second time', async () => {
    const before = await mesh.json<List<Entry>>('audit', 'list', '--as', 'auditor');
    const again = await mesh.cli('up', '--demo', '--detach');
    expect(again.exit).toBe(0);
    expect(again.stderr).not.toMatch(/received|published/);
    const after = await mesh.json<List<Entry>>('audit', 'list', '--as', 'auditor');
    const decided = ({ items }: List<Entry>) =>
      items.filter(({ actor }) => actor.startsWith('user-')).length;
    expect(decided(after)).toBe(decided(before));
  });
});
