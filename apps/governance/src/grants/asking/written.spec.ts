import { expect, it } from 'vitest';
import { templateOf } from './templates.js';
import { writtenDraft } from './written.js';

const caller = { organisation: 'QUY' };
const BLANK = ['people', 'justifications', 'dpia', 'agreement', 'dspt', 'reviewOn', 'retention'];

it('takes a template as it is printed, blanks and all', () => {
  const { request } = templateOf('research', caller, ['dpia']);
  const { product, reason, ...rest } = request as Record<string, unknown>;
  expect([product, reason]).toEqual([null, null]);
  expect(BLANK.map((part) => rest[part])).toEqual(BLANK.map(() => null));
  expect(writtenDraft.parse(request)).toEqual({
    ...{ major: 1, purpose: 'research', legalBasis: '6(1)(e)/9(2)(j)/s251', organisation: 'QUY' },
    ...{ consumer: null, fields: 'all', from: rest['from'], until: rest['until'] },
    demonstration: false,
  });
});

it('refuses what is no draft', () => {
  for (const given of [null, [], 'x', { items: [] }, { dpia: { reference: null } }])
    expect(writtenDraft.safeParse(given).success).toBe(false);
});
