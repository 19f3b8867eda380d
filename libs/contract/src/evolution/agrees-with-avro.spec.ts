import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSchema } from '../avro/read-schema.js';
import { structuralChanges } from './structure.js';

/** A field's type with a default of that type, as a schema's author may write them. */
type Typed = { type: unknown; default: unknown };

const primitive: fc.Arbitrary<Typed> = fc.constantFrom(
  { type: 'string', default: '' },
  { type: 'int', default: 0 },
  { type: 'long', default: 1 },
  { type: 'float', default: 0.5 },
  { type: 'double', default: 2.5 },
  { type: 'boolean', default: false },
  { type: 'bytes', default: '' },
);

const symbols = fc.subarray(['A', 'B', 'C', 'UNKNOWN'], { minLength: 1 });
const enumeration: fc.Arbitrary<Typed> = fc
  .record({ symbols, withDefault: fc.boolean() })
  .map((given) => ({
    type: {
      type: 'enum',
      name: 'E',
      symbols: given.symbols,
      ...(given.withDefault ? { default: given.symbols[0] } : {}),
    },
    default: given.symbols[0],
  }));

const single = fc.oneof({ weight: 3, arbitrary: primitive }, enumeration);
const nullable = single.map(({ type }) => ({ type: ['null', type], default: null as unknown }));
const nullablePrimitive = primitive.map(({ type }) => ({
  type: ['null', type],
  default: null as unknown,
}));
const list = primitive.map(({ type }) => ({
  type: { type: 'array', items: type },
  default: [] as unknown,
}));
const nested: fc.Arbitrary<Typed> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('x', 'y', 'z'), primitive), {
    selector: ([name]) => name,
    minLength: 1,
  })
  .map((fields) => ({
    type: [
      'null',
      {
        type: 'record',
        name: 'Inner',
        fields: fields.map(([name, typed]) => ({ name, ...typed })),
      },
    ],
    default: null,
  }));
const typed = fc.oneof({ weight: 3, arbitrary: single }, nullable, list, nested);

/** At most one enum and one inner record each, so that no name is defined twice. */
const schema = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), typed, fc.boolean()), {
    selector: ([name]) => name,
    minLength: 1,
  })
  .map((fields) => ({
    type: 'record',
    name: 'R',
    fields: fields.map(([name, { type, default: value }, withDefault]) => ({
      name,
      type,
      ...(withDefault ? { default: value } : {}),
    })),
  }))
  .filter((given) => readSchema(given).root !== null && canBeType(given));

function canBeType(given: object): boolean {
  try {
    avsc.Type.forSchema(given as avsc.Schema, { wrapUnions: false });
    return true;
  } catch {
    return false;
  }
}

/** Whether records written with `writer` can be read with `reader`, as avsc resolves them. */
function reads(reader: object, writer: object): boolean {
  const type = (given: object) => avsc.Type.forSchema(given as avsc.Schema, { wrapUnions: false });
  try {
    type(reader).createResolver(type(writer));
    return true;
  } catch {
    return false;
  }
}

const changes = (before: object, after: object) =>
  structuralChanges(readSchema(before).root!, readSchema(after).root!);

describe('the structural verdict', () => {
  it('is breaking whenever either version cannot read the other', () => {
    fc.assert(
      fc.property(schema, schema, (before, after) => {
        const compatible = reads(before, after) && reads(after, before);
        const told = changes(before, after);
        expect(compatible || told.some((change) => change.class === 'breaking')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('of a schema and itself is that nothing changed', () => {
    fc.assert(
      fc.property(schema, (given) => {
        expect(changes(given, structuredClone(given))).toEqual([]);
      }),
    );
  });

  it('finds something in any two schemas that differ', () => {
    fc.assert(
      fc.property(schema, schema, (before, after) => {
        const byName = (given: { fields: { name: string }[] }) =>
          JSON.stringify([...given.fields].sort((a, b) => (a.name < b.name ? -1 : 1)));
        fc.pre(byName(before) !== byName(after));
        expect(changes(before, after).length).toBeGreaterThan(0);
      }),
    );
  });

  it('that nothing is breaking holds for real records: what each version writes the other reads', () => {
    const more = fc.uniqueArray(
      fc.tuple(fc.constantFrom('p', 'q', 'r'), fc.oneof(primitive, nullablePrimitive)),
      {
        selector: ([name]) => name,
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(schema, more, (before, added) => {
        const after = {
          ...before,
          fields: [...before.fields, ...added.map(([name, given]) => ({ name, ...given }))],
        };
        expect(changes(before, after).map((change) => change.class)).toEqual(
          added.map(() => 'visible'),
        );
        const [old, now] = [before, after].map((given) =>
          avsc.Type.forSchema(given as avsc.Schema, { wrapUnions: false }),
        );
        for (const [writer, reader] of [
          [now!, old!],
          [old!, now!],
        ] as const) {
          const bytes = writer.toBuffer(writer.random());
          expect(() => reader.fromBuffer(bytes, reader.createResolver(writer))).not.toThrow();
        }
      }),
    );
  });
});
