import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avroType } from './type.js';

const visit = (...more: object[]) => ({
  type: 'record',
  name: 'Visit',
  fields: [
    { name: 'id', type: 'string' },
    {
      name: 'procedures',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Procedure',
          fields: [{ name: 'code', type: 'string' }, ...more],
        },
      },
      default: [],
    },
    { name: 'notes', type: ['null', { type: 'map', values: 'string' }], default: null },
  ],
});
const long = (value: number) => avsc.Type.forSchema('long').toBuffer(value);
const id = Buffer.from([2, 0x41]);
const end = Buffer.from([0]);
const plain = avroType(visit());

describe('the count of a list', () => {
  it.each([2 ** 20, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 40])(
    'that says %i where nothing follows is refused at once, in a list, a block with its size and a map',
    (count) => {
      const nobody = [id, end, Buffer.from([2])];
      for (const bytes of [
        Buffer.concat([id, long(count)]),
        Buffer.concat([id, long(-count), long(8)]),
        Buffer.concat([...nobody, long(count)]),
      ])
        expect(() => plain.fromBuffer(bytes)).toThrow('more items than there are bytes');
    },
  );

  it('is looked at as well where another version reads the list', () => {
    const later = avroType(visit({ name: 'note', type: ['null', 'string'], default: null }));
    const resolver = later.createResolver(plain);
    const read = (bytes: Buffer): unknown => later.fromBuffer(bytes, resolver);
    expect(() => read(Buffer.concat([id, long(2 ** 31)]))).toThrow('more items than there are');
    const value = { id: 'A', procedures: [{ code: 'X' }, { code: 'Y' }], notes: null };
    expect(read(plain.toBuffer(value))).toEqual({
      ...value,
      procedures: value.procedures.map((one) => ({ ...one, note: null })),
    });
  });

  it('adds up over the blocks of a list', () => {
    const block = Buffer.concat([long(1_000), Buffer.alloc(0)]);
    const nothing = { type: 'record', name: 'Nothing', fields: [] };
    const fields = [{ name: 'list', type: { type: 'array', items: nothing } }];
    const type = avroType({ type: 'record', name: 'R', fields });
    expect(type.fromBuffer(Buffer.concat([block, end]))).toMatchObject({
      list: { length: 1_000 },
    });
    expect(() => type.fromBuffer(Buffer.concat([block, block, end]))).toThrow('more items');
  });
});

it('reads what was written, however many items there are', () => {
  const text = fc.string({ maxLength: 5 });
  const value = fc.record({
    id: text,
    procedures: fc.array(fc.record({ code: text }), { maxLength: 300 }),
    notes: fc.option(
      fc.dictionary(
        text.filter((name) => name !== '__proto__'),
        text,
      ),
    ),
  });
  fc.assert(
    fc.property(value, (written) => {
      expect(plain.fromBuffer(plain.toBuffer(written))).toEqual(written);
    }),
    { numRuns: 50 },
  );
});
