import { describe, expect, it } from 'vitest';
import { receivedAs, retentionOf, safeguardsOf } from './processing.js';
import type { Row } from './processing.js';

const contract = { retention: { records: 'P10Y' } } as Row['contract'];
const basis = (commonLaw: string) => ({ article6: '6(1)(e)', article9: '9(2)(h)', commonLaw });
const view = { kind: 'view', purpose: 'research', legal_basis: basis('s251'), terms: {} } as const;
const care = { ...view, kind: 'individual-care', purpose: 'individual-care' } as const;

describe('the record of processing', () => {
  it('has the retention that was agreed with the recipient, else that of the product', () => {
    const agreed = (retention: Row['terms']['retention']) =>
      retentionOf({ terms: { retention }, contract });
    expect(agreed({ period: 'P6M', eraseWithdrawn: false })).toBe('P6M from the end of the grant');
    expect(agreed({ period: 'P1Y', eraseWithdrawn: true })).toBe(
      'P1Y from the end of the grant; who is taken out is erased',
    );
    expect(retentionOf({ terms: {}, contract })).toBe('P10Y');
  });

  it('says that opt-outs are kept where they are', () => {
    expect(safeguardsOf(view)).toBe('granted fields only; pseudonyms; opt-outs kept');
    expect(safeguardsOf({ ...view, legal_basis: basis('consent') })).toBe(
      'granted fields only; pseudonyms; national data opt-out not applied (consent)',
    );
    const optOutExemption = { exemption: 'public-interest' as const, reference: 'CAG-1' };
    expect(safeguardsOf({ ...view, terms: { optOutExemption } })).toBe(
      'granted fields only; pseudonyms; national data opt-out not applied (public-interest)',
    );
  });

  it('says of whom care is, and that a narrowed one is a view', () => {
    expect(safeguardsOf(care)).toBe('direct care; record as published');
    const narrowedTo = { organisations: ['A20047'] };
    expect(safeguardsOf({ ...care, terms: { narrowedTo } })).toBe(
      'direct care; record as published; people of A20047',
    );
    expect(receivedAs({ topic: 'share.abcdefgh.gp.x.v1' })).toBe('own view share.abcdefgh.gp.x.v1');
    expect(receivedAs({ topic: 'gp.x.v1' })).toBe('product gp.x.v1');
  });
});
