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

  it('have names of 63 bytes at most, of which no two are the same, whatever the fields are called', () => {
    const long = 'numberOfContactsWithTheCommunityNursingTeamBeforeTheAdmission';
    const names = [long, `${long}Planned`, `${long}Urgent`, 'short'];
    const columns = columnsOf({ fields: names.map((name) => field(name, 'string')) });
    expect(columns.map(({ column }) => column)).toEqual([
      expect.stringMatching(/^number_of_contacts_with_the_community_nursing_team_bef_[0-9a-f]{8}$/),
      expect.stringMatching(/^number_of_contacts_with_the_community_nursing_team_bef_[0-9a-f]{8}$/),
      expect.stringMatching(/^number_of_contacts_with_the_community_nursing_team_bef_[0-9a-f]{8}$/),
      'short',
    ]);
    expect(new Set(columns.map(({ column }) => column)).size).toBe(4);
    const row = rowOf(columns, 'p.r', Object.fromEntries(names.map((name) => [name, name])));
    expect(row).toEqual({
      record_key: 'p.r',
      ...Object.fromEntries(columns.map((one) => [one.column, one.field])),
    });
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

  it.each([253_402_300_800_000, 9e15, -62_135_596_800_001, -9e15])(
    'hold nothing for a moment that no year of four digits has: %d',
    (moment) => {
      const value = {
        person: 'p',
        recordedAt: moment,
        lastIssued: Math.floor(moment / 86_400_000),
      };
      const row = rowOf(columnsOf(schema), 'p.r', value);
      expect([row['recorded_at'], row['last_issued']]).toEqual([null, null]);
    },
  );

  it('hold the last and the first that one has', () => {
    const at = (moment: number) =>
      rowOf(columnsOf(schema), 'p.r', { recordedAt: moment })['recorded_at'];
    expect(at(253_402_300_799_999)).toBe('9999-12-31T23:59:59.999Z');
    expect(at(-62_135_596_800_000)).toBe('0001-01-01T00:00:00.000Z');
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
