import fc from 'fast-check';
import { readSchema } from '../avro/read-schema.js';

type Json = Record<string, unknown>;
type Typed = { type: unknown; default: unknown };

/** Types with a default of each, in every kind that Avro has; named types are named for the field they are in. */
const primitive: fc.Arbitrary<Typed> = fc.constantFrom(
  { type: 'string', default: '' },
  { type: 'int', default: 0 },
  { type: 'long', default: 1 },
  { type: 'float', default: 0.5 },
  { type: 'double', default: 2.5 },
  { type: 'boolean', default: false },
  { type: 'bytes', default: '' },
  { type: { type: 'long', logicalType: 'timestamp-millis' }, default: 0 },
  { type: { type: 'int', logicalType: 'date' }, default: 0 },
);
const symbols = fc.shuffledSubarray(['A', 'B', 'C', 'UNKNOWN'], { minLength: 1 });
const enumeration: fc.Arbitrary<Typed> = fc
  .record({ symbols, fallback: fc.boolean(), name: fc.constantFrom('E', 'E', 'E', 'E2') })
  .map(({ symbols: given, fallback, name }) => ({
    type: { type: 'enum', name, symbols: given, ...(fallback ? { default: given[0] } : {}) },
    default: given[0],
  }));
const fixed: fc.Arbitrary<Typed> = fc.constantFrom(2, 4).map((size) => ({
  type: { type: 'fixed', name: 'F', size },
  default: '\u0000'.repeat(size),
}));
const collection = fc.tuple(primitive, fc.boolean()).map(([{ type }, isMap]) => ({
  type: isMap ? { type: 'map', values: type } : { type: 'array', items: type },
  default: (isMap ? {} : []) as unknown,
}));
const union: fc.Arbitrary<Typed> = fc
  .shuffledSubarray(['string', 'int', 'long', 'double', 'null'], { minLength: 1, maxLength: 3 })
  .map((branches) => {
    const defaults: Json = { string: '', int: 0, long: 0, double: 0.5, null: null };
    return { type: branches, default: defaults[branches[0]!] };
  });
const nullable = fc
  .oneof(primitive, enumeration, collection)
  .map(({ type }) => ({ type: ['null', type], default: null as unknown }));
const inner: fc.Arbitrary<Typed> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('x', 'y'), primitive, fc.boolean()), {
    selector: ([name]) => name,
    minLength: 1,
  })
  .map((fields) => ({
    type: ['null', { type: 'record', name: 'Inner', fields: fields.map(fieldOf) }],
    default: null,
  }));
const typed = fc.oneof(
  { weight: 3, arbitrary: primitive },
  { weight: 2, arbitrary: enumeration },
  { weight: 2, arbitrary: nullable },
  fixed,
  collection,
  union,
  inner,
);

function fieldOf([name, { type, default: value }, withDefault]: readonly [string, Typed, boolean]) {
  return { name, type, ...(withDefault ? { default: value } : {}) };
}

const field = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), typed, fc.boolean()).map(fieldOf);
const record = fc
  .uniqueArray(field, { selector: ({ name }) => name, minLength: 1 })
  .map((fields) => ({ type: 'record', name: 'R', fields }) as Json);

/** One thing an author might do to the version before. */
const edit: fc.Arbitrary<(schema: Json) => Json> = fc.oneof(
  field.map(
    (added) => (schema: Json) =>
      withFields(schema, (fields) => [...without(fields, added.name), added]),
  ),
  fc
    .nat(3)
    .map(
      (at) => (schema: Json) => withFields(schema, (fields) => fields.filter((_, i) => i !== at)),
    ),
  fc
    .nat(3)
    .map(
      (at) => (schema: Json) =>
        withFields(schema, (fields) =>
          fields.map((one, i) =>
            i === at ? { ...one, name: `${String(one.name)}2`, aliases: [one.name] } : one,
          ),
        ),
    ),
  fc.tuple(fc.nat(3), typed).map(
    ([at, to]) =>
      (schema: Json) =>
        withFields(schema, (fields) =>
          fields.map((one, i) =>
            i === at ? fieldOf([String(one.name), to, 'default' in one]) : one,
          ),
        ),
  ),
  fc.constant((schema: Json) => withFields(schema, (fields) => [...fields].reverse())),
  fc.constant((schema: Json) => ({ ...schema, name: 'S', aliases: ['R'] })),
  fc.constant((schema: Json) => ({ ...schema, namespace: 'other' })),
  fc.constant((schema: Json) => schema),
);

function withFields(schema: Json, change: (fields: Json[]) => Json[]): Json {
  return { ...schema, fields: change(schema['fields'] as Json[]) };
}

const without = (fields: Json[], name: string) => fields.filter((one) => one['name'] !== name);

/** Three versions of a schema, each made from the one before or anew, all readable. */
export const threeVersions: fc.Arbitrary<[object, object, object]> = fc
  .tuple(record, edit, edit, fc.option(record, { freq: 8 }))
  .map(([oldest, once, again, anew]): [object, object, object] => {
    const latest = once(oldest);
    return [oldest, latest, anew ?? again(latest)];
  })
  .filter((versions) => versions.every((one) => readSchema(one).root !== null));
