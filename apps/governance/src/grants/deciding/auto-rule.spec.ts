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
const basis = { article6: '6(1)(e)', article9: '9(2)(h)' };
const field = (path: string, classification = 'none') => ({ path, classification });
const contract = {
  legalBasis: [
    { ...basis, purpose: 'service-planning', commonLaw: 's251' },
    { ...basis, purpose: 'audit', commonLaw: 'consent' },
  ],
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
  commonLaw: 's251',
  exemption: null,
  products: [{ product: 'gp.practice', fields, contract }],
  ...change,
});

describe('a rule of the policy for grants', () => {
  it('lets through what meets every line of it', () => {
    expect(ruleFor([rule], asked())?.name).toBe('reference-data');
  });

  it('passes over the opt-out where the contract itself states the route for the purpose', () => {
    const rules = [{ ...rule, purposes: ['audit' as const] }];
    expect(ruleFor(rules, asked({ purpose: 'audit', commonLaw: 'consent' }))).toBe(rules[0]);
    expect(ruleFor(rules, asked({ purpose: 'audit', commonLaw: 'statute' }))).toBeUndefined();
    const silent = {
      product: 'gp.practice',
      fields: ['code'],
      contract: { ...contract, legalBasis: [] },
    };
    const both = [...asked().products, silent];
    const request = asked({ purpose: 'audit', commonLaw: 'consent', products: both });
    expect(ruleFor(rules, request)).toBeUndefined();
  });

  it.each([
    ['another purpose', asked({ purpose: 'research' })],
    ['an exemption from the opt-out', asked({ exemption: 'public-interest' })],
    ['consent that the requester alone speaks of', asked({ commonLaw: 'consent' })],
    ['a law that the requester alone speaks of', asked({ commonLaw: 'statute' })],
    ['what the requester alone calls no confidence', asked({ commonLaw: 'not-confidential' })],
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
