import { expect, test } from 'vitest';
import { liveRecords, liveRows } from './same.js';

const nullable = (type: unknown) => ['null', type];
const schema = {
  type: 'record',
  name: 'View',
  fields: [
    { name: 'person', type: 'string' },
    { name: 'recordedAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'effectiveStart', type: nullable({ type: 'int', logicalType: 'date' }) },
    { name: 'quantityValue', type: nullable('double') },
    { name: 'asNeeded', type: nullable('boolean') },
    { name: 'codes', type: { type: 'array', items: 'string' } },
  ],
};
const at = Date.parse('2026-10-31T10:00:00.120Z');
const value = {
  ...{ person: '01', recordedAt: at, effectiveStart: 20_757, quantityValue: 28 },
  ...{ asNeeded: false, codes: ['a'] },
};
const texts = {
  ...{ record_key: 'k', person: '01', recorded_at: '2026-10-31 10:00:00.120000+00:00' },
  ...{ effective_start: '2026-10-31', quantity_value: '28.0', as_needed: 'false', codes: '["a"]' },
};

test('a record of the stream and a row of texts are the same', () => {
  expect(liveRows(schema, [texts])).toEqual(liveRecords(schema, [{ key: 'k', value }]));
});

test('another value, or none, is not', () => {
  const live = liveRecords(schema, [{ key: 'k', value }]);
  expect(liveRows(schema, [{ ...texts, person: '1' }])).not.toEqual(live);
  expect(liveRows(schema, [{ ...texts, as_needed: '' }])).not.toEqual(live);
  expect(liveRows(schema, [{ ...texts, recorded_at: '2026-10-31T10:00:00.121Z' }])).not.toEqual(
    live,
  );
});

test('a tombstone ends a key, and a later value begins it again', () => {
  const records = [
    { key: 'k', value },
    { key: 'k', value: null },
  ];
  expect(liveRecords(schema, records).size).toBe(0);
  expect(liveRecords(schema, [...records, { key: 'k', value }]).size).toBe(1);
});
