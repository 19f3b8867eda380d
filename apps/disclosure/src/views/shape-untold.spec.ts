import type { FieldPromise } from '@caremesh/contract';
import { describe, expect, test } from 'vitest';

import { SensitiveCodes } from './sensitive-codes.js';
import { shaperOf } from './shape.js';
import type { AvroRecord } from './shape.js';

const promise = (path: string, over: Partial<FieldPromise> = {}): FieldPromise => ({
  path,
  name: /\w+(?=(?:\[\])?$)/.exec(path)![0],
  title: null,
  description: 'Of the spec.',
  logicalType: 'string',
  presence: 'optional',
  required: false,
  classification: 'none',
  freeText: false,
  treatment: 'keep',
  ...over,
});
const DROPPED = { classification: 'direct-identifier', treatment: 'drop' } as const;
const OBJECT = { logicalType: 'object' };
const LIST = { logicalType: 'array' };

/** A view with fields of these types: of a schema that somebody registered, whatever governance derives. */
function shaped(fields: Record<string, unknown>, ...promises: FieldPromise[]) {
  const schema = {
    type: 'record',
    fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
  } as AvroRecord;
  const known = {
    promises: new Map(promises.map((one) => [one.path, one])),
    sensitive: new SensitiveCodes(),
  };
  const shape = shaperOf(schema, known, new Set());
  return (record: object) =>
    shape(record as Record<string, unknown>, { now: new Date(0), pseudonym: () => 'p' });
}
const refused = (field: string) =>
  expect.objectContaining({ code: 'MESH-4101', detail: field }) as Error;

const ITEM = {
  type: 'record',
  name: 'Item',
  fields: ['code', 'number'].map((name) => ({ name, type: ['null', 'string'] })),
};
const SUPPLY = ['supplyItem', 'supplyItem.code', 'supplyItem.number'].map((path) =>
  promise(path, path === 'supplyItem' ? OBJECT : {}),
);

describe('a view whose schema does not say what is in a field', () => {
  const contact = [
    promise('contactItem', OBJECT),
    promise('contactItem.code'),
    promise('contactItem.number', DROPPED),
  ];

  test.each([
    ['a name', ['null', 'Item']],
    ['a name that is a word of Avro', ['null', 'enum']],
    ['a name in braces', ['null', { type: 'Item' }]],
    ['a map', ['null', { type: 'map', values: 'string' }]],
    ['one of two', ['null', 'string', { ...ITEM, fields: ITEM.fields.slice(0, 1) }]],
    ['a list of a name', { type: 'array', items: 'Item' }],
    ['nothing', null],
  ])('but %s is not written', (_, type) => {
    const fields = { supplyItem: ['null', ITEM], contactItem: type };
    expect(() => shaped(fields, ...SUPPLY, ...contact)).toThrow(refused('contactItem'));
  });

  test('but sets braces around it is looked into all the same', () => {
    const braced = (fields: object[]) => ({ contactItem: ['null', { type: { ...ITEM, fields } }] });
    expect(() => shaped(braced(ITEM.fields), ...contact)).toThrow(refused('contactItem.number'));
    const shape = shaped(braced(ITEM.fields.slice(0, 1)), ...contact);
    expect(shape({ contactItem: { code: 'A' } })).toEqual({ contactItem: { code: 'A' } });
  });

  test('but an enum, or a type in braces, is written', () => {
    const sort = { type: 'enum', name: 'Sort', symbols: ['UNKNOWN'] };
    const moment = { type: { type: 'long', logicalType: 'timestamp-millis' } };
    const shape = shaped({ sort, moment }, promise('sort'), promise('moment'));
    expect(shape({ sort: 'UNKNOWN', moment: 5 })).toEqual({ sort: 'UNKNOWN', moment: 5 });
  });
});

describe('a view with a list of plain values', () => {
  test.each([
    ['never leave', DROPPED],
    ['are treated', { treatment: 'month', logicalType: 'date' } as const],
    ['are lists', LIST],
  ])('whose items %s is not written', (_, item) => {
    const fields = { calls: { type: 'array', items: 'string' } };
    expect(() => shaped(fields, promise('calls', LIST), promise('calls[]', item))).toThrow(
      refused('calls'),
    );
  });

  test('whose items are kept is written as it is', () => {
    const fields = { calls: { type: 'array', items: 'string' } };
    const shape = shaped(fields, promise('calls', LIST), promise('calls[]'));
    expect(shape({ calls: ['A'] })).toEqual({ calls: ['A'] });
  });

  test('of which the contract says nothing is not written', () => {
    const fields = { calls: { type: 'array', items: 'string' } };
    expect(() => shaped(fields, promise('calls', LIST))).toThrow(refused('calls'));
  });
});

test('a name that two fields have in a view is not written: nobody could tell which was granted', () => {
  const born = { treatment: 'age-band', logicalType: 'date', name: 'birthDate' } as const;
  const promises = [
    promise('birthDate', { ...DROPPED, ...born }),
    promise('ageBand', { classification: 'special-category' }),
  ];
  for (const order of [promises, promises.toReversed()])
    expect(() => shaped({ ageBand: ['null', 'string'] }, ...order)).toThrow(refused('ageBand'));
});

test('a coded field is not copied either where its type is a name', () => {
  const codes = { system: 'http://hl7.org/fhir/sid/icd-10-uk', version: '5th-edition' };
  expect(() => shaped({ reason: ['null', 'Item'] }, promise('reason', { codes }))).toThrow(
    refused('reason'),
  );
});
