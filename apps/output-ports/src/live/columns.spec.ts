import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { columnsOf, rowOf, rowsAsJson } from './columns.js';

const field = (name: string, type: unknown) => ({ name, type });
const schema = {
  type: 'record',
  name: 'View',
  fields: [
    field('person', 'string'),
    field('medicationCode', ['null', 'string']),
    field('recordedAt', { type: 'long', logicalType: 'timestamp-millis' }),
    field('lastIssued', ['null', { type: 'int', logicalType: 'date' }]),
    field('count', 'long'),
    field('score', ['null', 'double']),
    field('changeType', { type: 'enum', name: 'ChangeType', symbols: ['CREATED', 'UNKNOWN'] }),
    field('activities', {
      type: 'array',
      items: { type: 'record', name: 'A', fields: [field('x', 'int')] },
    }),
    field('recordKey', ['null', 'string']),
  ],
};

describe('columns of a view', () => {
  it('have names as SQL likes them and types as Avro has them', () => {
    expect(columnsOf(schema).map(({ column, type }) => `${column} ${type}`)).toEqual([
      'person text',
      'medication_code text',
      'recorded_at timestamptz',
      'last_issued date',
      'count bigint',
      'score double precision',
      'change_type text',
      'activities jsonb',
      'recordKey text',
    ]);
  });

  it('take a decoded value', () => {
    const value = {
      ...{ person: 'p', medicationCode: null, recordedAt: 1_760_000_000_123, lastIssued: 20_000 },
      ...{ count: 3, score: Number.NaN, changeType: 'CREATED', activities: [{ x: 1 }] },
    };
    expect(rowOf(columnsOf(schema), 'p.r', value)).toEqual({
      ...{ record_key: 'p.r', person: 'p', medication_code: null },
      ...{ recorded_at: '2025-10-09T08:53:20.123Z', last_issued: '2024-10-04', count: 3 },
      ...{ score: 'NaN', change_type: 'CREATED', activities: [{ x: 1 }], recordKey: null },
    });
  });

  it('hold no U+0000, whatever else they hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('\u0000', '\\', 'u0000', 'a') }), (text) => {
        const [row] = JSON.parse(rowsAsJson([{ text }])) as [{ text: string }];
        expect(row.text).toBe(text.replaceAll('\u0000', '\uFFFD'));
      }),
    );
  });
});
