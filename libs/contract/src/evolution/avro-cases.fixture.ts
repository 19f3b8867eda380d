/**
 * The compatibility cases that Apache Avro publishes with its Java library (lang/java/avro/src/test/java/org/apache/avro:
 * TestSchemaCompatibility and the classes named for each kind of incompatibility), as facts: which reader takes which
 * writer. Written anew in a shorthand of our own; each is tried as the type of one field of a record.
 */
type Case = [reader: unknown, writer: unknown];

const array = (items: unknown) => ({ type: 'array', items });
const map = (values: unknown) => ({ type: 'map', values });
const fixed = (size: number, name = 'Fixed') => ({ type: 'fixed', name, size });
const enumOf = (symbols: string, more: object = {}) => ({
  type: 'enum',
  name: 'Enum1',
  symbols: [...symbols],
  ...more,
});
type Field = [name: string, type: unknown, value?: unknown];
const record = (fields: Field[], more: object = {}) => ({
  type: 'record',
  name: 'Record1',
  fields: fields.map(([name, type, value]) => ({
    name,
    type,
    ...(value === undefined ? {} : { default: value }),
  })),
  ...more,
});

const empty = record([]);
const a = record([['a', 'int']]);
const aLong = record([['a', 'long']]);
const aDefault = record([['a', 'int', 0]]);
const ab = record([
  ['a', 'int'],
  ['b', 'int'],
]);
const abDefault = record([
  ['a', 'int'],
  ['b', 'int', 0],
]);
const aDefaultB = (type: unknown, value?: unknown) =>
  record([
    ['a', 'int', 0],
    ['b', type, value],
  ]);
const bothDefault = aDefaultB('int', 0);
const old = record([
  ['oldfield1', 'int'],
  ['oldfield2', 'string'],
]);
const inner = (namespace: string) =>
  record([['f1', ['null', array({ ...record([['a', 'int']]), name: 'InnerRecord1', namespace })]]]);

/** The reader takes what the writer wrote. */
export const COMPATIBLE: Case[] = [
  ...['null', 'boolean', 'int', 'long', 'string', 'bytes'].map((same): Case => [same, same]),
  ['long', 'int'],
  ['float', 'int'],
  ['float', 'long'],
  ['double', 'int'],
  ['double', 'long'],
  ['double', 'float'],
  ['string', 'bytes'],
  ['bytes', 'string'],
  [array('int'), array('int')],
  [array('long'), array('int')],
  [array('string'), array('string')],
  [map('int'), map('int')],
  [map('long'), map('int')],
  [enumOf('AB'), enumOf('AB')],
  [enumOf('ABC'), enumOf('AB')],
  [enumOf('AB', { namespace: 'one' }), enumOf('AB', { namespace: 'two' })],
  [enumOf('AB', { default: 'A' }), enumOf('ABC')],
  [['int'], ['int']],
  [
    ['int', 'string'],
    ['string', 'int'],
  ],
  [['long'], ['int']],
  [['double'], ['int']],
  [['double'], ['long']],
  [['double'], ['float']],
  [['double'], ['int', 'float']],
  [['string'], ['bytes']],
  [['bytes'], ['string']],
  ['float', ['int', 'float']],
  ['long', ['int', 'long']],
  ['double', ['int', 'float']],
  ['double', ['int', 'long', 'float', 'double']],
  ['float', ['float']],
  [['int'], 'int'],
  ['int', ['int']],
  [fixed(4), fixed(4)],
  [empty, empty],
  [empty, a],
  [a, a],
  [aDefault, a],
  [aDefault, aDefault],
  [a, aDefault],
  [aLong, a],
  [a, ab],
  [aDefault, ab],
  [abDefault, a],
  [bothDefault, empty],
  [bothDefault, a],
  [ab, bothDefault],
  [record([['oldfield1', 'int']]), old],
  [record([['oldfield2', 'string']]), old],
  [old, old],
  [
    record([
      ['oldfield1', 'int'],
      ['newfield1', 'int', 42],
    ]),
    old,
  ],
  [record([['f1', 'int']], { namespace: 'ns' }), record([['f1', 'int']])],
  [inner('ns1'), inner('ns2')],
];

/** The reader cannot take everything the writer may write. */
export const INCOMPATIBLE: Case[] = [
  ['null', 'int'],
  ['null', 'long'],
  ['boolean', 'int'],
  ['int', 'null'],
  ['int', 'boolean'],
  ['int', 'long'],
  ['int', 'float'],
  ['int', 'double'],
  ['long', 'float'],
  ['long', 'double'],
  ['float', 'double'],
  ['string', 'boolean'],
  ['string', 'int'],
  ['bytes', 'null'],
  ['bytes', 'int'],
  ['int', 'string'],
  [array('int'), array('long')],
  [map('int'), map('long')],
  [map('int'), array('int')],
  [array('int'), map('int')],
  [map('string'), array('string')],
  [['null', array('int')], map('int')],
  [['null', map('int')], array('int')],
  ['int', enumOf('AB')],
  [enumOf('AB'), 'int'],
  [enumOf('AB'), enumOf('ABC')],
  [enumOf('BC'), enumOf('ABC')],
  [enumOf('AB'), { ...enumOf('AB'), name: 'Enum2' }],
  [['int'], ['string']],
  [['string'], ['int']],
  [['int'], ['int', 'string']],
  [
    ['int', 'string'],
    ['int', 'string', 'long'],
  ],
  ['float', ['int', 'long', 'float', 'double']],
  ['long', ['int', 'float']],
  ['long', ['int', 'long', 'float', 'double']],
  ['int', ['int', 'long', 'float', 'double']],
  [['float'], ['double']],
  [['long'], ['float']],
  [['int'], ['double']],
  ['string', ['int', 'string']],
  [fixed(4), fixed(8)],
  [fixed(8), fixed(4)],
  [fixed(4), fixed(4, 'Other')],
  [{ ...empty, name: 'Record2' }, empty],
  [a, empty],
  [abDefault, empty],
  [
    record([
      ['oldfield1', 'int'],
      ['newfield1', 'int'],
    ]),
    old,
  ],
  [aDefaultB('int', 0), aDefaultB(['int', 'string'], 0)],
  [aDefaultB(fixed(4)), aDefaultB(fixed(8))],
  [aDefaultB(enumOf('AB')), aDefaultB({ ...enumOf('AB'), name: 'Enum2' })],
  [a, aLong],
];

/** Published cases that are refused before any comparison, and why: the stricter answer stands. */
export const REFUSED: [Case, why: string][] = [
  [[[], []], 'a union without branches: nothing can be a value of it'],
  [[['float'], []], 'a union without branches: nothing can be a value of it'],
  [
    [
      record([
        ['head', 'long'],
        ['tail', 'Record1'],
      ]),
      record([
        ['head', 'int'],
        ['tail', 'Record1'],
      ]),
    ],
    'a record within itself: no product record has an end to its depth',
  ],
];

/** As the one field of a record, so that every kind of type can be tried. */
export const asField = (type: unknown) => ({
  type: 'record',
  name: 'Case',
  fields: [{ name: 'f', type }],
});
