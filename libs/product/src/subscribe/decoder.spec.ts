import { avroType, headers as ce, keys } from '@caremesh/contract';
import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { encodeWire } from '../registry/wire.js';
import { ApprovedSchemas } from './approved.js';
import { Decoder } from './decoder.js';
import type { RawRecord } from './received.js';
import { RecordHeaders } from '../kafka/record-headers.js';

const TOPIC = 'gp.visit.v1';
const text = JSON.stringify({
  type: 'record',
  name: 'Visit',
  fields: [
    { name: 'changeType', type: 'string' },
    { name: 'survivorKey', type: ['null', 'string'], default: null },
  ],
});
const type = avsc.Type.forSchema(JSON.parse(text) as avsc.Schema);
const key = keys.messageKey('a'.repeat(26), 'b'.repeat(26));

function decoder(schemas: Record<number, string> = { 1: text }, approved = [1]) {
  let asked = 0;
  const made = new Decoder<{ changeType: string }>({
    topic: TOPIC,
    approved: new ApprovedSchemas(() => {
      asked += 1;
      return Promise.resolve(
        approved.map((schemaId) => ({ schemaId, version: `1.0.${schemaId}` })),
      );
    }, 0),
    schema: (id) => Promise.resolve(schemas[id] ?? null),
    parse: (schema) => avroType(JSON.parse(schema) as object),
    readerSchema: null,
  });
  return { sort: (batch: RawRecord[]) => made.sort(batch), asked: () => asked };
}

function raw(over: Partial<RawRecord> = {}): RawRecord {
  return {
    topic: TOPIC,
    partition: 2,
    offset: 7n,
    timestamp: 1_760_000_000_000n,
    key: Buffer.from(key),
    value: encodeWire(1, type, { changeType: 'CREATED', survivorKey: null }),
    headers: headersOf({
      [ce.HEADERS.id]: 'e1',
      [ce.HEADERS.sequence]: '4',
      [ce.HEADERS.recordRevision]: '3',
      [ce.HEADERS.source]: 'urn:ods:A81001',
    }),
    ...over,
  };
}

/** What a value of these bytes is, by the library's own reading; why it is refused if it is none. */
function expected(value: Buffer): unknown {
  if (value.length < 5 || value[0] !== 0) return 'noMagicByte';
  if (value.readUInt32BE(1) !== 1) return 'schemaIdUnknown';
  try {
    return type.fromBuffer(value.subarray(5)) as unknown;
  } catch {
    return 'undecodable';
  }
}

const headersOf = (texts: Record<string, string>): RecordHeaders =>
  RecordHeaders.of(
    Object.entries(texts).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]),
  );

describe('sorting a batch', () => {
  test('a whole record comes typed, with where it was, whose it is and what its headers say', async () => {
    const { records, refused } = await decoder().sort([raw()]);
    expect(refused).toEqual([]);
    expect(records).toEqual([
      {
        origin: { topic: TOPIC, partition: 2, offset: 7n, timestamp: 1_760_000_000_000n },
        key: { text: key, person: 'a'.repeat(26), record: 'b'.repeat(26) },
        envelope: {
          id: 'e1',
          type: '',
          source: 'urn:ods:A81001',
          time: null,
          recordedTime: null,
          sequence: 4,
          revision: 3,
        },
        change: 'created',
        value: { changeType: 'CREATED', survivorKey: null },
        schemaId: 1,
      },
    ]);
  });

  test('a merge names its survivor; a change nobody knows is an update', async () => {
    const merged = encodeWire(1, type, { changeType: 'MERGED', survivorKey: 'c'.repeat(26) });
    const strange = encodeWire(1, type, { changeType: 'REVISITED', survivorKey: null });
    const { records } = await decoder().sort([raw({ value: merged }), raw({ value: strange })]);
    expect(records.map(({ change }) => change)).toEqual(['merged', 'updated']);
    expect(records[0]).toMatchObject({ survivor: 'c'.repeat(26) });
  });

  test('a tombstone without headers of the mesh is still one, told apart by its place', async () => {
    const { records } = await decoder().sort([raw({ value: null, headers: headersOf({}) })]);
    expect(records[0]).toMatchObject({
      change: 'deleted',
      value: null,
      envelope: { id: 'tombstone:2:7', revision: -1 },
    });
  });

  test('whatever bytes come as a value: delivered decoded, or refused, never thrown', async () => {
    const { sort } = decoder();
    const whole = fc
      .record({ changeType: fc.string(), survivorKey: fc.option(fc.string()) })
      .map((visit) => type.toBuffer(visit));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      whole,
      fc.tuple(whole, fc.nat(5)).map(([all, missing]) => all.subarray(0, -1 - missing)),
    );
    const prefix = fc.constantFrom(
      [],
      [0, 0, 0, 0, 1],
      [0, 0, 0, 0, 2],
      [0, 0, 0],
      [1, 0, 0, 0, 1],
    );
    await fc.assert(
      fc.asyncProperty(bytes, prefix, async (avro, before) => {
        const value = Buffer.concat([Buffer.from(before), avro]);
        const { records, refused } = await sort([raw({ value })]);
        const found = [...records.map((one) => one.value), ...refused.map(({ fault }) => fault)];
        expect(found).toEqual([expected(value)]);
      }),
    );
  });

  test('a list that says it has two thousand million items is undecodable, and its neighbours come', async () => {
    const schema = JSON.parse(text) as { fields: object[] };
    const list = { type: 'array', items: 'string' };
    const visits = JSON.stringify({
      ...schema,
      fields: [...schema.fields, { name: 'codes', type: list, default: [] }],
    });
    const ofMany = avsc.Type.forSchema(JSON.parse(visits) as avsc.Schema);
    const visit = { changeType: 'CREATED', survivorKey: null, codes: ['a', 'b'] };
    const good = encodeWire(1, ofMany, visit);
    const count = avsc.Type.forSchema('long').toBuffer(2 ** 31);
    const bad = Buffer.concat([encodeWire(1, type, { ...visit, codes: undefined }), count]);
    const { records, refused } = await decoder({ 1: visits }).sort(
      [good, bad, good].map((value) => raw({ value })),
    );
    expect(records.map(({ value }) => value)).toEqual([visit, visit]);
    expect(refused).toMatchObject([{ step: 'decode', fault: 'undecodable' }]);
  });

  test('one question to governance covers all the strange ids of a batch', async () => {
    const { sort, asked } = decoder();
    await sort([raw()]);
    expect(asked()).toBe(1);
    const strange = Array.from({ length: 50 }, (_, n) =>
      raw({ value: Buffer.concat([Buffer.from([0, 0, 0, 1, n]), Buffer.from('x')]) }),
    );
    const { refused } = await sort([...strange, raw()]);
    expect(refused.length).toBe(50);
    expect(asked()).toBe(2);
  });

  test('no answer is no refusal: what cannot be decided is thrown, to be tried again', async () => {
    const made = new Decoder({
      topic: TOPIC,
      approved: new ApprovedSchemas(() => Promise.reject(new Error('away')), 0),
      schema: () => Promise.resolve(text),
      parse: () => type,
      readerSchema: null,
    });
    await expect(made.sort([raw()])).rejects.toThrow('away');
  });

  test('what is wrong with the value is told before what is wrong with the key', async () => {
    const key = Buffer.from('k');
    const value = Buffer.from('no magic byte');
    const { refused } = await decoder().sort([raw({ key, value }), raw({ key })]);
    expect(refused.map(({ fault }) => fault)).toEqual(['noMagicByte', 'recordKeyMalformed']);
  });

  test('no refusal repeats a byte of what it refuses', async () => {
    const secret = '9434765919';
    const { refused } = await decoder({ 1: text, 9: text }).sort([
      raw({ value: Buffer.from(`{"nhsNumber":"${secret}"}`) }),
      raw({ value: Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), Buffer.from(`zz${secret}`)]) }),
      raw({ key: Buffer.from(secret) }),
    ]);
    expect(refused.map(({ fault }) => fault)).toEqual([
      'noMagicByte',
      'undecodable',
      'recordKeyMalformed',
    ]);
    expect(JSON.stringify(refused.map(({ detail }) => detail))).not.toContain(secret);
  });
});
