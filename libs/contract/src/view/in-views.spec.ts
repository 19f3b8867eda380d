import { describe, expect, it } from 'vitest';
import { SchemaRefused } from '../avro/type.js';
import { parseVersion } from '../promise/parse-version.js';
import { changed, type Edit, type Loose } from '../published.fixture.js';
import { deriveViewSchema, grantableFields, treatedFields } from './view-schema.js';

const promised = (name: string, treatment: string, more: Loose = {}): Loose => ({
  ...{ name, description: 'A field of the spec.', logicalType: 'string', required: false },
  classification: treatment === 'keep' ? 'none' : 'direct-identifier',
  ...more,
  customProperties: [
    { property: 'treatment', value: treatment },
    { property: 'freeText', value: false },
  ],
});
const written = (name: string, type: unknown): Loose => ({ name, type, default: null });

const ITEM: Loose = {
  ...{ type: 'record', name: 'Item' },
  fields: [written('code', ['null', 'string']), written('number', ['null', 'string'])],
};
const item = (name: string, treatment: string): Loose =>
  promised(name, 'keep', {
    logicalType: 'object',
    properties: [promised('code', 'keep'), promised('number', treatment)],
  });

/** The GP's product with more fields, as one that was approved before there was a rule against them. */
function approved(properties: Loose[], fields: Loose[], more: Edit['contract'] = () => undefined) {
  const { contract, schema } = parseVersion(
    changed({
      contract: (odcs) => {
        odcs.schema[0].properties.push(...properties);
        more(odcs);
      },
      schema: (avro) => avro.fields.push(...fields),
    }),
  );
  return {
    askable: [...grantableFields(contract!), ...treatedFields(contract!)],
    view: (...names: string[]) =>
      deriveViewSchema(schema!, contract!, 'a1b2c3d4', names) as { fields: Loose[] },
  };
}

/** Code of what is thrown, and where it says that it is. */
function refusal(derive: () => unknown): string {
  try {
    derive();
  } catch (error) {
    expect(error).toBeInstanceOf(SchemaRefused);
    const [found] = (error as SchemaRefused).findings;
    return `${found!.code} ${found!.path}`;
  }
  return 'nothing';
}

describe('a view of a field whose type is a name', () => {
  const { view } = approved(
    [item('supplyItem', 'keep'), item('contactItem', 'drop')],
    [written('supplyItem', ['null', ITEM]), written('contactItem', ['null', 'Item'])],
  );

  it.each([[['all']], [['supplyItem', 'contactItem']], [['contactItem']]])(
    'is not derived for %j: what is in it is promised for another place',
    (names) => {
      expect(refusal(() => view(...names))).toBe('MESH-1326 schema.avsc#contactItem');
    },
  );

  it('is derived without that field', () => {
    expect(view('supplyItem').fields.at(-1)!.type[1].fields).toHaveLength(2);
  });
});

describe('a view of a type that says more than it shows', () => {
  it('has what is in braces without what may not leave', () => {
    const fields = [written('contactItem', ['null', { type: ITEM }])];
    const { view } = approved([item('contactItem', 'drop')], fields);
    expect(JSON.stringify(view('all'))).toContain('"name":"Item"');
    expect(JSON.stringify(view('all'))).not.toContain('"name":"number"');
  });

  it.each([
    ['a name in braces', { type: 'Item' }, 'MESH-1326'],
    ['a map', { type: 'map', values: { ...ITEM, name: 'Other' } }, 'MESH-1104'],
    [
      'a list in which is a list',
      { type: 'array', items: { type: 'array', items: 'string' } },
      'MESH-1104',
    ],
    ['a list of maps', { type: 'array', items: { type: 'map', values: 'string' } }, 'MESH-1104'],
    [
      'a list of two types',
      { type: 'array', items: ['string', { ...ITEM, name: 'Other' }] },
      'MESH-1104',
    ],
    [
      'a list of plain values of which nothing is said',
      { type: 'array', items: 'string' },
      'MESH-1104',
    ],
  ])('is not derived of %s', (_, type, code) => {
    const { view } = approved(
      [item('supplyItem', 'keep'), promised('contactItem', 'keep')],
      [written('supplyItem', ['null', ITEM]), written('contactItem', ['null', type])],
    );
    expect(refusal(() => view('supplyItem', 'contactItem'))).toBe(
      `${code} schema.avsc#contactItem`,
    );
  });

  it('is not derived where two types would have one name in its one namespace', () => {
    const { view } = approved(
      [item('supplyItem', 'keep'), item('contactItem', 'drop')],
      [
        written('supplyItem', ['null', ITEM]),
        written('contactItem', ['null', { ...ITEM, namespace: 'caremesh.other' }]),
      ],
    );
    expect(refusal(() => view('all'))).toMatch(/^MESH-1101 view\.avsc#fields\[\d+\]\.type\[1\]$/);
  });
});

describe('a list of plain values', () => {
  const calls = (treatment: string, more: Loose = {}) => {
    const { name: _, ...of } = promised('', treatment, more);
    return promised('calls', 'keep', { logicalType: 'array', required: true, items: of });
  };
  const day = { type: 'int', logicalType: 'date' };

  it.each([
    ['dropped', calls('drop'), 'string'],
    ['to be months', calls('month', { logicalType: 'date' }), day],
    ['lists', calls('keep', { logicalType: 'array' }), { type: 'array', items: ITEM }],
  ])('whose items are %s is in no view', (_, list, items) => {
    const fields = [{ name: 'calls', type: { type: 'array', items }, default: [] }];
    const { askable, view } = approved([list], fields);
    expect(askable).not.toContain('calls');
    expect(JSON.stringify(view('all'))).not.toContain('"calls"');
    expect(() => view('calls')).toThrow(RangeError);
    const visit = promised('visit', 'keep', { logicalType: 'object', properties: [list] });
    const type = { type: 'record', name: 'Visit', fields };
    const inner = approved([visit], [written('visit', ['null', type])]);
    expect(inner.view('visit').fields.at(-1)!.type[1].fields).toEqual([]);
  });
});

describe('fields that would have one name in a view', () => {
  it('are in none: by the name nobody could tell which was granted', () => {
    const band = promised('ageBand', 'keep', { classification: 'special-category' });
    const { askable, view } = approved([band], [written('ageBand', ['null', 'string'])]);
    expect(askable.filter((name) => ['ageBand', 'birthDate'].includes(name))).toEqual([]);
    expect(() => view('birthDate', 'status')).toThrow(RangeError);
    expect(() => view('ageBand')).toThrow(RangeError);
    expect(JSON.stringify(view('all'))).not.toContain('"ageBand"');
  });

  it('are in none where the other is the person of every view', () => {
    const person = promised('person', 'keep');
    const { askable, view } = approved([person], [written('person', ['null', 'string'])]);
    expect(askable).not.toContain('person');
    expect(() => view('person')).toThrow(RangeError);
    expect(view('all').fields.filter(({ name }) => name === 'person')).toHaveLength(1);
  });
});
