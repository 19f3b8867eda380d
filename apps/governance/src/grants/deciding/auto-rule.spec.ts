import { describe, expect, it } from 'vitest';
import { ruleFor } from './auto-rule.js';
import type { AskedFor } from './auto-rule.js';

const rule = {
  name: 'reference-data',
  purposes: ['service-planning' as const],
  organisations: ['QUY'],
  products: ['gp.practice'],
  classifications: ['none' as const],
  longestDays: 30,
};
const field = (path: string, classification = 'none') => ({ path, classification });
const contract = {
  fields: [
    field('code'),
    field('codeText', 'special-category'),
    field('sites[].postcode', 'direct-identifier'),
    field('sites'),
    field('opened'),
  ],
} as unknown as NonNullable<AskedFor['products'][number]['contract']>;
const asked = (change: Partial<AskedFor> = {}, fields = ['code', 'opened']): AskedFor => ({
  kind: 'view',
  purpose: 'service-planning',
  organisation: 'QUY',
  startsAt: new Date('2026-03-01T00:00:00Z'),
  endsAt: new Date('2026-03-31T00:00:00Z'),
  exempted: false,
  products: [{ product: 'gp.practice', fields, contract }],
  ...change,
});

describe('a rule of the policy for grants', () => {
  it('lets through what meets every line of it', () => {
    expect(ruleFor([rule], asked())?.name).toBe('reference-data');
  });

  it.each([
    ['another purpose', asked({ purpose: 'research' })],
    ['an exemption from the opt-out', asked({ exempted: true })],
    ['individual care', asked({ kind: 'individual-care' })],
    ['another organisation', asked({ organisation: 'QR1' })],
    ['a longer period', asked({ endsAt: new Date('2026-04-01T00:00:00Z') })],
    ['no field', asked({}, [])],
    ['a field of another class', asked({}, ['codeText'])],
    ['a field with something of another class inside', asked({}, ['sites'])],
    ['a field the contract does not know', asked({}, ['shoeSize'])],
    ['no product', asked({ products: [] })],
    [
      'a product without contract',
      asked({ products: [{ product: 'gp.practice', fields: ['code'], contract: null }] }),
    ],
    ['another product', asked({ products: [{ product: 'gp.other', fields: ['code'], contract }] })],
  ])('lets nothing through for %s', (_, request) => {
    expect(ruleFor([rule], request)).toBeUndefined();
  });
});
