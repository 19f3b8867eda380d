import { describe, expect, it } from 'vitest';
import { basesThatDiffer, legalBasisOf } from './legal-basis.js';

const stated = (article9: string, commonLaw: 's251' | 'consent') => ({
  ...{ purpose: 'audit' as const, article6: '6(1)(e)', article9, commonLaw },
});
const product = { product: 'gp.a', major: 1 };
const differ = (asked: string, ...legalBasis: ReturnType<typeof stated>[]) => {
  const basis = legalBasisOf(asked);
  if (!basis) throw new Error('no legal basis');
  return basesThatDiffer({ purpose: 'audit', legalBasis: basis }, [{ ...product, legalBasis }]);
};

describe('a legal basis', () => {
  it('is held against what the contract of each product says of the purpose', () => {
    expect(differ('6(1)(e)/9(2)(h)/s251', stated('9(2)(h)', 's251'))).toEqual([]);
    expect(differ('6(1)(e)/9(2)(j)/s251', stated('9(2)(h)', 'consent'))).toEqual([
      { ...product, contract: { article6: '6(1)(e)', article9: '9(2)(h)', commonLaw: 'consent' } },
    ]);
  });

  it('is any of those that the contract states for the purpose', () => {
    const both = [stated('9(2)(h)', 's251'), stated('9(2)(h)', 'consent')];
    expect(differ('6(1)(e)/9(2)(h)/consent', ...both)).toEqual([]);
    expect(differ('6(1)(e)/9(2)(i)/consent', ...both)).toEqual([
      { ...product, contract: { article6: '6(1)(e)', article9: '9(2)(h)', commonLaw: 's251' } },
    ]);
  });

  it('differs from nothing where the contract is silent, or needs no article 9', () => {
    expect(differ('6(1)(e)/9(2)(h)/s251')).toEqual([]);
    expect(differ('6(1)(e)/9(2)(h)/s251', stated('not-special-category', 's251'))).toEqual([]);
  });
});
