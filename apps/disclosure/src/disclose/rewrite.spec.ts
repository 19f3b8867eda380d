import { deriveViewSchema } from '@caremesh/contract';
import { expect, test } from 'vitest';

import { versions } from '../spec/publisher.js';
import { planView } from '../views/plan.js';
import type { ProductReceived } from './product-record.js';
import { rewrite } from './rewrite.js';

const PRODUCT = 'gp.medication-statement';
const { contract, schema } = versions[PRODUCT]!;
const plan = planView({
  ...{ topic: 'share.abcdefgh.gp.medication-statement.v1', product: PRODUCT, major: 1 },
  schema: JSON.stringify(
    deriveViewSchema(schema!, contract!, 'abcdefgh', ['sourceSystemUpdatedAt']),
  ),
  ...{ schemaId: 5, contract: contract!, key: Buffer.alloc(32, 1), registryUrl: 'http://registry' },
});
const now = new Date('2026-11-29T10:00:00.000Z');
const place = {
  ...{ person: 'a'.repeat(26), survivor: null, sequence: 1, now, nowText: now.toISOString() },
  traceparent: '00-1-1-01',
};

test.each([
  [1_760_000_000_123, '2025-10-09T08:53:20.123Z'],
  [9e15, now.toISOString()],
])(
  'the time of a source that says %d is made of that, and not of what its publisher wrote into a header',
  (sourceSystemUpdatedAt, expected) => {
    const record = {
      change: 'created',
      key: { text: 'p.r', person: 'p', record: 'r' },
      envelope: {
        ...{ id: 'e', type: '', source: null, sequence: 1, revision: 1 },
        ...{ time: '9434765919', recordedTime: '9434765919' },
      },
      value: {
        ...{ recordId: 'r', nhsNumber: '9434765919', publisherOds: 'A81001' },
        ...{ recordedAt: 1, sourceSystemUpdatedAt, changeType: 'CREATED', survivorKey: null },
      },
    } as unknown as ProductReceived;
    const written = rewrite(plan, record, place);
    expect(written.time).toBe(expected);
    expect(JSON.stringify(written)).not.toContain('9434765919');
  },
);
