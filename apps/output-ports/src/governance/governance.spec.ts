import type { Peer } from '@caremesh/platform';
import { expect, it } from 'vitest';

import { Governance } from './governance.js';

const topic = (id: string, more: object) => ({
  ...{ topic: `share.abcdefgh.${id}.v1`, ready: true, retired: false, viewSchemaId: 7 },
  ...more,
});
/** A grant as governance answers it. */
const answered = {
  ...{ id: 'abcdefgh', kind: 'view', state: 'active', purpose: 'research', organisation: 'QUY' },
  ...{ requestedBy: 'user-analyst', endsAt: '2027-01-01T00:00:00.000Z' },
};
const viewsOf = async (topics: object[], more: object = {}) => {
  const peer = {
    ask: (_path: string, { shape }: { shape: { parse(value: unknown): unknown } }) =>
      Promise.resolve(shape.parse({ ...answered, topics, ...more })),
  } as unknown as Peer;
  const grant = await new Governance(peer).grant('abcdefgh');
  return grant?.views.map(({ product, major, schemaId }) => [product, major, schemaId]);
};

it('the views of a grant are those that stand and that somebody may read', async () => {
  expect(
    await viewsOf([
      topic('gp.medication-statement', {}),
      topic('acute.inpatient-spell', { retired: true }),
      topic('community.care-contact', { ready: false }),
      topic('social-care.care-package', { viewSchemaId: null }),
    ]),
  ).toEqual([['gp.medication-statement', 1, 7]]);
});

it('individual care is read from the broker alone', async () => {
  const topics = [topic('gp.medication-statement', {})];
  expect(await viewsOf(topics, { purpose: 'individual-care' })).toEqual([]);
});
