import { describe, expect, it } from 'vitest';
import { GrantEntity } from './grant.entity.js';
import { showGrant } from './show.js';

const DAY_MS = 86_400_000;
const asked = { product: 'gp.medication-statement', reason: 'Prescribing' };
const shown = (values: Partial<GrantEntity>) =>
  showGrant(
    {
      grant: Object.assign(new GrantEntity(), {
        ...{ id: 'abcdefgh', kind: 'view', purpose: 'research', terms: {}, asked, steps: [] },
        legalBasis: { article6: '6(1)(e)', article9: '9(2)(j)', commonLaw: 's251' },
        ...{ createdAt: new Date(), startsAt: new Date(), endsAt: new Date() },
        ...values,
      }),
      ...{ products: [], former: [], timeline: [], credentials: [] },
    },
    () => false,
  );

describe('a grant as it is shown', () => {
  it('holds the request while it can be written anew, also after a refusal', () => {
    expect(shown({ state: 'draft' }).draft).toEqual(asked);
    expect(shown({ state: 'refused' }).draft).toEqual(asked);
    for (const state of ['requested', 'active', 'withdrawn'] as const) {
      expect(shown({ state }).draft).toBeNull();
    }
  });

  it('says whether it waits for nothing but its first day', () => {
    const startsAt = new Date(Date.now() + DAY_MS);
    expect(shown({ state: 'approved', startsAt }).waitsForStart).toBe(true);
    expect(shown({ state: 'requested', startsAt }).waitsForStart).toBe(false);
    expect(shown({ state: 'approved' }).waitsForStart).toBe(false);
  });
});
