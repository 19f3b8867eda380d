import { describe, expect, it } from 'vitest';
import { changed, type Loose } from '../published.fixture.js';
import { checkVersion } from './check-version.js';

const DESCRIPTION = 'A field of the spec.';

/** A property as a contract has it; `more` goes over all of it. */
const promised = (name: string, treatment: string, more: Loose = {}): Loose => ({
  ...{ name, description: DESCRIPTION, logicalType: 'string', required: false },
  classification: 'none',
  ...more,
  customProperties: [
    { property: 'treatment', value: treatment },
    { property: 'freeText', value: false },
    ...(more.customProperties ?? []),
  ],
});

const IDENTIFIER = { classification: 'direct-identifier' };
const items = (treatment: string, more: Loose = {}): Loose => {
  const { name: _, ...item } = promised('', treatment, { required: true, ...more });
  return item;
};

/** A field as a schema has it. */
const written = (name: string, type: unknown): Loose =>
  Array.isArray(type)
    ? { name, doc: DESCRIPTION, type, default: null }
    : { name, doc: DESCRIPTION, type, default: [] };
const list = (of: unknown): Loose => ({ type: 'array', items: of });

/** What is found in the GP's product with these fields in contract and schema. */
function found(properties: Loose[], fields: Loose[]) {
  const files = changed({
    contract: (odcs) => odcs.schema[0].properties.push(...properties),
    schema: (avro) => avro.fields.push(...fields),
  });
  return checkVersion(files)
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ name, code, path, reason, fix }) => {
      expect(reason).toMatch(/^[A-Z`].*\.$/);
      expect(fix).toMatch(/\.$/);
      return `${name} ${code} ${path}`;
    });
}

const ITEM = (name = 'Item', more: Loose = {}): Loose => ({
  ...{ type: 'record', name, ...more },
  fields: [written('code', ['null', 'string']), written('number', ['null', 'string'])],
});
const itemOf = (name: string, treatment: string, classification: string) =>
  promised(name, 'keep', {
    logicalType: 'object',
    properties: [promised('code', 'keep'), promised('number', treatment, { classification })],
  });
const SUPPLY = itemOf('supplyItem', 'keep', 'none');
const CONTACT = itemOf('contactItem', 'drop', 'direct-identifier');

describe('a named type', () => {
  it('written out at each place, with a name of its own, passes', () => {
    expect(
      found(
        [SUPPLY, CONTACT],
        [
          written('supplyItem', ['null', ITEM()]),
          written('contactItem', ['null', ITEM('ContactItem')]),
        ],
      ),
    ).toEqual([]);
  });

  it.each([
    ['by its name', 'Item'],
    ['by its full name', 'caremesh.gp.Item'],
    ['as another of another namespace', ITEM('Item', { namespace: 'caremesh.other' })],
    ['as another, by a full name', ITEM('caremesh.other.Item')],
  ])('that stands at a second place %s is refused there', (_, second) => {
    expect(
      found(
        [SUPPLY, CONTACT],
        [written('supplyItem', ['null', ITEM()]), written('contactItem', ['null', second])],
      ),
    ).toEqual(['types-once MESH-1326 schema.avsc#fields[49].type']);
  });

  it('whose name stands in braces is refused too', () => {
    const second = written('contactItem', ['null', { type: 'Item' }]);
    expect(found([SUPPLY, CONTACT], [written('supplyItem', ['null', ITEM()]), second])).toContain(
      'types-once MESH-1326 schema.avsc#fields[49].type',
    );
  });

  it('is refused in a list too, and where it is an enum of the core', () => {
    const lines = promised('lines', 'keep', {
      ...{ logicalType: 'array', required: true },
      items: { logicalType: 'object', description: DESCRIPTION, properties: SUPPLY.properties },
    });
    expect(
      found(
        [SUPPLY, lines, promised('lastChange', 'keep')],
        [
          written('supplyItem', ['null', ITEM()]),
          written('lines', list('Item')),
          written('lastChange', ['null', 'ChangeType']),
        ],
      ),
    ).toEqual([
      'types-once MESH-1326 schema.avsc#fields[49].type',
      'types-once MESH-1326 schema.avsc#fields[50].type',
    ]);
  });
});

describe('the items of a list of plain values', () => {
  const calls = (of: Loose, treatment = 'keep', more: Loose = {}) =>
    promised('calls', treatment, { logicalType: 'array', required: true, items: of, ...more });

  it.each([
    ['kept', items('keep'), 'keep', {}],
    ['dropped with their list', items('drop', IDENTIFIER), 'drop', IDENTIFIER],
  ])('that are %s pass', (_, of, treatment, more) => {
    expect(found([calls(of, treatment, more)], [written('calls', list('string'))])).toEqual([]);
  });

  const day = { type: 'int', logicalType: 'date' };
  it.each([
    ['dropped', items('drop', IDENTIFIER), 'string'],
    ['to be pseudonyms', items('pseudonymise', IDENTIFIER), 'string'],
    ['to be months', items('month', { logicalType: 'date' }), day],
  ])('that are %s are refused in a list that is kept', (_, of, type) => {
    expect(found([calls(of)], [written('calls', list(type))])).toEqual([
      'items-as-list MESH-1328 contract.odcs.yaml#schema[0].properties[48].items.customProperties',
    ]);
  });

  it('that are free text are refused too', () => {
    const text = items('drop');
    text.customProperties[1].value = true;
    expect(found([calls(text)], [written('calls', list('string'))])).toEqual([
      'items-as-list MESH-1328 contract.odcs.yaml#schema[0].properties[48].items.customProperties',
    ]);
  });

  it.each([
    ['classification', 'MESH-1302', '.classification'],
    ['treatment', 'MESH-1303', '.customProperties'],
  ])('that have no %s are told so, and nothing else', (what, code, place) => {
    const of = items('keep');
    if (what === 'treatment') of.customProperties.shift();
    else delete of.classification;
    expect(found([calls(of)], [written('calls', list('string'))])).toEqual([
      `field-classified ${code} contract.odcs.yaml#schema[0].properties[48].items${place}`,
    ]);
  });

  it('that are records say nothing as a whole: nobody would read it', () => {
    const of = { ...items('drop', IDENTIFIER), logicalType: 'object' };
    const lines = calls({ ...of, properties: SUPPLY.properties });
    expect(found([lines], [written('calls', list(ITEM()))])).toEqual([
      'profile-valid MESH-1204 contract.odcs.yaml#schema[0].properties[48].items',
    ]);
  });
});

describe('a code that a view may have to leave out', () => {
  const ICD = 'http://hl7.org/fhir/sid/icd-10-uk';
  const coded = (name: string, more: Loose = {}, system = ICD): Loose =>
    promised(name, 'keep', {
      ...{ classification: 'special-category', required: true, ...more },
      customProperties: [{ property: 'codes', value: { system, version: '5th edition' } }],
    });
  const words = promised('foundDisplay', 'keep', {
    ...{ classification: 'special-category', required: true },
  });
  const stated = (name: string): Loose => ({
    ...{ name, doc: DESCRIPTION, type: 'string', default: '' },
  });
  const record = (name: string, fields: Loose[]): Loose => ({ type: 'record', name, fields });
  const holding = (name: string, ...properties: Loose[]): Loose =>
    promised(name, 'keep', { logicalType: 'object', properties });
  const listing = (name: string, ...properties: Loose[]): Loose =>
    promised(name, 'keep', {
      ...{ logicalType: 'array', required: true },
      items: { logicalType: 'object', description: DESCRIPTION, properties },
    });
  const refused = (place: string) => [
    `codes-omittable MESH-1329 contract.odcs.yaml#schema[0].properties[48]${place}`,
  ];

  it.each([ICD, 'https://fhir.hl7.org.uk/Id/opcs-4', 'http://snomed.info/sct'])(
    'is refused where it must be stated, in a record that may be null itself: %s',
    (system) => {
      expect(
        found(
          [holding('mainProblem', coded('foundCode', {}, system))],
          [written('mainProblem', ['null', record('Problem', [stated('foundCode')])])],
        ),
      ).toEqual(refused('.properties[0]'));
    },
  );

  it('is refused beside the record', () => {
    expect(found([coded('foundCode')], [stated('foundCode')])).toEqual(
      expect.arrayContaining(refused('')),
    );
  });

  it('is refused in a record inside an item of a list', () => {
    const inner = written('problem', ['null', record('Problem', [stated('foundCode')])]);
    expect(
      found(
        [listing('visits', holding('problem', coded('foundCode')))],
        [written('visits', list(record('Visit', [inner])))],
      ),
    ).toEqual(refused('.items.properties[0].properties[0]'));
  });

  it('is refused with words that must be stated, which are left out with it', () => {
    const fields = [stated('foundDisplay'), written('foundCode', ['null', 'string'])];
    expect(
      found(
        [holding('mainProblem', words, coded('foundCode', { required: false }))],
        [written('mainProblem', ['null', record('Problem', fields)])],
      ),
    ).toEqual(refused('.properties[0]'));
  });

  it('passes where it may be null, never leaves, or is of an item of a list, which goes whole', () => {
    const dropped = coded('diseaseCode', IDENTIFIER);
    dropped.customProperties[0].value = 'drop';
    const { name: _, ...item } = coded('');
    const inner = [
      coded('foundCode', { required: false }),
      dropped,
      coded('unitCode', {}, 'http://unitsofmeasure.org'),
    ];
    const optional = [
      written('foundCode', ['null', 'string']),
      stated('diseaseCode'),
      stated('unitCode'),
    ];
    expect(
      found(
        [
          holding('mainProblem', ...inner),
          listing('problems', words, coded('foundCode')),
          promised('diseases', 'keep', {
            ...{ logicalType: 'array', required: true, classification: 'special-category' },
            items: item,
          }),
        ],
        [
          written('mainProblem', ['null', record('MainProblem', optional)]),
          written(
            'problems',
            list(record('Problem', [stated('foundDisplay'), stated('foundCode')])),
          ),
          written('diseases', list('string')),
        ],
      ),
    ).toEqual([]);
  });
});

describe('a name in a view', () => {
  it.each([
    ['that another field is given', 'ageBand', 'special-category'],
    ['of a column that every view has', 'person', 'none'],
  ])('%s is refused', (_, name, classification) => {
    expect(
      found([promised(name, 'keep', { classification })], [written(name, ['null', 'string'])]),
    ).toEqual(['view-names MESH-1327 contract.odcs.yaml#schema[0].properties[48]']);
  });

  it('is refused inside a record too, and at the second field of the two', () => {
    const inner = [
      promised('seen', 'month', { logicalType: 'date', classification: 'quasi-identifier' }),
      promised('seenMonth', 'keep'),
    ];
    const visit = promised('visit', 'keep', { logicalType: 'object', properties: inner });
    const type = {
      ...{ type: 'record', name: 'Visit' },
      fields: [
        written('seen', ['null', { type: 'int', logicalType: 'date' }]),
        written('seenMonth', ['null', 'string']),
      ],
    };
    expect(found([visit], [written('visit', ['null', type])])).toEqual([
      'view-names MESH-1327 contract.odcs.yaml#schema[0].properties[48].properties[1]',
    ]);
  });

  it('is free where the field of that name never leaves, or stands elsewhere', () => {
    const who = promised('visit', 'keep', {
      ...{ logicalType: 'object', properties: [promised('person', 'keep')] },
    });
    const type = { type: 'record', name: 'Visit', fields: [written('person', ['null', 'string'])] };
    expect(
      found(
        [promised('ageBand', 'drop', IDENTIFIER), who],
        [written('ageBand', ['null', 'string']), written('visit', ['null', type])],
      ),
    ).toEqual([]);
  });
});

describe('a list', () => {
  const hidden = {
    ...{ type: 'record', name: 'Hidden' },
    fields: [written('nhsNumber', ['null', 'string']), written('surname', ['null', 'string'])],
  };
  const rounds = (of: Loose) =>
    promised('rounds', 'keep', { logicalType: 'array', required: true, items: of });

  it.each([
    ['lists', list(hidden)],
    ['lists of text', list('string')],
    ['lists, as the one branch of a union', [list(hidden)]],
  ])('of %s is refused: the contract could say nothing of what is in them', (_, of) => {
    expect(
      found([rounds(items('keep', { logicalType: 'array' }))], [written('rounds', list(of))]),
    ).toContain('avro-house-rules MESH-1104 schema.avsc#fields[48].type');
  });

  it.each([
    ['maps', { type: 'map', values: hidden }],
    ['one of two', ['string', hidden]],
    ['a union of one', [hidden]],
  ])('of %s is refused', (_, of) => {
    expect(
      found(
        [rounds(items('keep', { logicalType: 'object' }))],
        [written('rounds', list(of))],
      ).join(),
    ).toMatch(/avro-house-rules MESH-1104 schema\.avsc#fields\[48\]\.type/);
  });
});

describe('a logical type', () => {
  const place = 'avro-house-rules MESH-1104 schema.avsc#fields[48].type';
  it.each<[string, string, string]>([
    ['int', 'timestamp-millis', 'timestamp'],
    ['string', 'date', 'date'],
    ['float', 'date', 'date'],
    ['long', 'string', 'string'],
    ['long', 'date', 'date'],
    ['long', 'timestamp-micros', 'timestamp'],
    ['string', 'uuid', 'string'],
  ])('of %s that is %s is refused, by the house rules', (type, logical, promise) => {
    const answer = found(
      [promised('seen', 'keep', { logicalType: promise })],
      [written('seen', ['null', { type, logicalType: logical }])],
    );
    expect(answer).toContain(place);
  });

  it.each<[string, string, string]>([
    ['int', 'timestamp-millis', 'timestamp'],
    ['string', 'date', 'date'],
    ['float', 'date', 'date'],
    ['long', 'string', 'string'],
  ])('of %s that is %s is not what a contract may call %s', (type, logical, promise) => {
    const answer = found(
      [promised('seen', 'keep', { logicalType: promise })],
      [written('seen', ['null', { type, logicalType: logical }])],
    );
    expect(answer).toContain(
      'avro-matches-contract MESH-1403 contract.odcs.yaml#schema[0].properties[48]',
    );
  });

  it('that no reader would see makes no time of the core', () => {
    const files = changed({
      schema: (avro) => {
        avro.fields.find(({ name }: Loose) => name === 'recordedAt').type = {
          ...{ type: 'int', logicalType: 'timestamp-millis' },
        };
      },
    });
    const failed = checkVersion(files).filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ name, code }) => `${name} ${code}`)).toContain('record-core MESH-1307');
  });

  it('outside the braces of its type is not seen: the type is an int', () => {
    const answer = found(
      [promised('seen', 'keep', { logicalType: 'date' })],
      [written('seen', ['null', { type: { type: 'int' }, logicalType: 'date' }])],
    );
    expect(answer).toContain('avro-house-rules MESH-1309 schema.avsc#fields[48].type');
  });
});
