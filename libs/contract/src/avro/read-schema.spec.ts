import { describe, expect, it } from 'vitest';
import { readSchemaText } from './read-schema.js';
import { avroType, SchemaRefused } from './type.js';

const record = (fields: unknown, more: object = {}) =>
  JSON.stringify({ type: 'record', name: 'R', namespace: 'caremesh.gp', fields, ...more });
const field = (type: unknown, name = 'a') => ({ name, type });

/** Reads, asserts that it took under a second, and gives the code and sentence of the one finding. */
function refusal(text: string): [string, string] {
  const start = performance.now();
  const { schema, root, findings } = readSchemaText(text);
  expect(performance.now() - start).toBeLessThan(1000);
  expect([schema, root]).toEqual([null, null]);
  expect(findings).toHaveLength(1);
  return [findings[0]!.code, findings[0]!.message];
}

function nestedRecords(levels: number): string {
  let text = '"string"';
  for (let i = levels; i > 0; i--)
    text = `{"type":"record","name":"R${i}","fields":[{"name":"f","type":${text}}]}`;
  return text;
}

describe('a hostile schema', () => {
  it('of 10,000 nested records is refused at once', () => {
    expect(refusal(nestedRecords(10_000))).toEqual([
      'MESH-1003',
      'The schema has more than 512 KiB.',
    ]);
    expect(refusal(nestedRecords(7_000))).toEqual([
      'MESH-1008',
      'The file was not read to its end: it is nested more than 24 levels deep.',
    ]);
  });

  it('of six levels of records is refused, and of five is read', () => {
    expect(refusal(nestedRecords(6))[0]).toBe('MESH-1008');
    expect(readSchemaText(nestedRecords(5)).findings).toEqual([]);
  });

  it('that contains itself is refused', () => {
    const type = { type: 'record', name: 'R', fields: [field(['null', 'R'])] };
    expect(refusal(JSON.stringify(type))).toEqual(['MESH-1102', 'The record R contains itself.']);
    const byFullName = record([field({ type: 'array', items: 'caremesh.gp.R' })]);
    expect(refusal(byFullName)[0]).toBe('MESH-1102');
  });

  it.each(['__proto__', 'constructor', 'prototype', 'hasOwnProperty'])(
    'with the name %s is refused',
    (name) => {
      expect(refusal(record([field('string', name)]))[0]).toBe('MESH-1007');
      expect(refusal(`{"type":"record","name":"R","fields":[],"${name}":1}`)[0]).toBe('MESH-1007');
      expect(refusal(record([field({ type: 'enum', name: 'E', symbols: [name] })]))[0]).toBe(
        'MESH-1007',
      );
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    },
  );

  it('with a huge enum, too many fields, or a very long name is refused', () => {
    const symbols = Array.from({ length: 50_000 }, (_, i) => `S${i}`);
    expect(refusal(record([field({ type: 'enum', name: 'E', symbols })]))[0]).toBe('MESH-1008');
    const fields = Array.from({ length: 2_001 }, (_, i) => field('string', `f${i}`));
    expect(refusal(record(fields))).toEqual(['MESH-1008', 'The schema has more than 2000 fields.']);
    expect(refusal(record([field('string', 'x'.repeat(5_000))]))[0]).toBe('MESH-1008');
  });

  it.each([
    ['no JSON', '{"type": "record",', 'MESH-1006'],
    ['a name twice', '{"type":"record","name":"A","name":"B","fields":[]}', 'MESH-1006'],
    ['a plain type', '"string"', 'MESH-1103'],
    ['an unknown type', record([field('strnig')]), 'MESH-1101'],
    ['no fields', '{"type":"record","name":"R"}', 'MESH-1101'],
    ['a field twice', record([field('string'), field('long')]), 'MESH-1101'],
    ['a type twice', record([field({ type: 'record', name: 'R', fields: [] })]), 'MESH-1101'],
    ['a union in a union', record([field(['null', ['string']])]), 'MESH-1101'],
    ['a union of one type twice', record([field(['string', 'string'])]), 'MESH-1101'],
    ['a name with a space', record([field('string', 'a b')]), 'MESH-1101'],
    [
      'an enum default that is no symbol',
      record([field({ type: 'enum', name: 'E', symbols: ['A'], default: 'B' })]),
      'MESH-1101',
    ],
    ['a reference outside', '{"$ref":"http://example.org/schema"}', 'MESH-1101'],
  ])('(%s) is refused with its own code', (_, text, code) => {
    expect(refusal(text)[0]).toBe(code);
  });

  it.each([
    ['a comma too few', '{\n  "type": "record"\n  "name": "R"\n}', ' at line 3, column 3'],
    ['a comma too many', '{\n  "type": "record",\n}', ' at line 3, column 1'],
    ['no end', '{"type": "record"', ' at line 1, column 18, where it ends too early'],
    ['no beginning', '', ' at line 1, column 1, where it ends too early'],
  ])('that is no JSON (%s) is told where', (_, text, place) => {
    expect(refusal(text)).toEqual(['MESH-1006', `The schema is not readable JSON${place}.`]);
  });
});

describe('a type', () => {
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'day', type: ['null', { type: 'int', logicalType: 'date' }], default: null },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    ],
  };

  it('takes days and milliseconds', () => {
    const type = avroType(schema);
    expect(type.fromBuffer(type.toBuffer({ day: 20_000, at: 1_700_000_000_123 }))).toEqual({
      day: 20_000,
      at: 1_700_000_000_123,
    });
  });

  it('with text gives and takes ISO 8601, and refuses days that do not exist', () => {
    const type = avroType(schema, { text: true });
    const value = { day: '2024-02-29', at: '2023-11-14T22:13:20.123Z' };
    expect(type.fromBuffer(type.toBuffer(value))).toEqual(value);
    expect(avroType(schema).fromBuffer(type.toBuffer(value))).toEqual({
      day: 19_782,
      at: 1_700_000_000_123,
    });
    expect(type.isValid({ ...value, day: '2023-02-29' })).toBe(false);
    expect(type.isValid({ ...value, at: '2023-11-14T22:13:20+01:00' })).toBe(false);
  });

  it('with text shows a time no calendar has as its number instead of failing', () => {
    const type = avroType(schema, { text: true });
    const bytes = avroType(schema).toBuffer({ day: null, at: 9e15 });
    expect(type.fromBuffer(bytes)).toEqual({ day: null, at: '9000000000000000' });
  });

  it('is not made of a default that is no value of its field', () => {
    const wrong = {
      type: 'record',
      name: 'R',
      fields: [{ name: 'a', type: 'long', default: 'x' }],
    };
    expect(() => avroType(wrong)).toThrow(SchemaRefused);
  });
});
