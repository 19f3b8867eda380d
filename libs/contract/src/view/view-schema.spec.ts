import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { avroType } from '../avro/type.js';
import { parseVersion } from '../promise/parse-version.js';
import { publishedFolders, readFolder, type Loose } from '../published.fixture.js';
import { deriveViewSchema, grantableFields, treatedFields } from './view-schema.js';

const GRANT = 'a1b2c3d4';
/** Hashes of the schemas that the first grants of a mesh were given. */
const BEFORE_TREATMENTS = {
  'acute/inpatient-spell/v1': '3d73b1128a1aef9e',
  'community/care-contact/v1': '9812b72266c35961',
  'gp/medication-statement/v1': '7b14d51547b5842d',
  'social-care/care-package/v1': 'e9d7934c63cb5051',
};

function view(folder: string, fields: string[]) {
  const files = readFolder(folder);
  const { contract, schema } = parseVersion(files);
  return {
    schema: deriveViewSchema(schema!, contract!, GRANT, fields) as Loose,
    contract: contract!,
    source: schema!,
    files,
  };
}

function fieldNames(schema: Loose): string[] {
  return schema.fields.map(({ name }: Loose) => name);
}

describe('a view', () => {
  it.each(publishedFolders())(
    'of everything in %s has no direct identifier and no free text, at any depth',
    (folder) => {
      const { schema, contract } = view(folder, ['all']);
      const barred = contract.fields
        .filter((f) => f.classification === 'direct-identifier' || f.freeText)
        .map(({ name }) => name);
      const everywhere = [...JSON.stringify(schema).matchAll(/"name":"(\w+)"/g)].map(
        ([, name]) => name,
      );
      expect(barred.length).toBeGreaterThan(3);
      expect(everywhere.filter((name) => barred.includes(name!))).toEqual([]);
      expect(fieldNames(schema)).toEqual([
        'person',
        ...withAlways(
          grantableFields(contract),
          contract.fields.map(({ name }) => name),
        ),
      ]);
    },
  );

  it('has the person first, what every record needs, and then only what was granted', () => {
    const { schema } = view('acute/inpatient-spell/v1', ['admissionAt', 'dischargeMethod']);
    expect(fieldNames(schema)).toEqual([
      'person',
      'recordId',
      'recordedAt',
      'changeType',
      'survivorKey',
      'admissionAt',
      'dischargeMethod',
    ]);
    expect([schema.namespace, schema.name]).toEqual(['caremesh.share.ga1b2c3d4', 'InpatientSpell']);
  });

  it('takes identifiers out of the records inside a granted list', () => {
    const { schema } = view('community/care-contact/v1', ['activities']);
    const { items } = schema.fields.at(-1).type;
    expect(fieldNames(items)).not.toContain('careActivityIdentifier');
    expect(fieldNames(items)).not.toContain('careProfessionalLocalIdentifier');
    expect(fieldNames(items)).toContain('communityCareActivityType');
  });

  it.each(publishedFolders())(
    'of %s is written from a decoded record of the product, and holds no more',
    (folder) => {
      const { schema, contract, source, files } = view(folder, ['all']);
      const record = avroType(source, { text: true }).fromBuffer(
        avroType(source, { text: true }).toBuffer(JSON.parse(files['examples/created.json']!)),
      ) as Loose;
      const type = avroType(schema, { text: true });
      const shown = type.fromBuffer(type.toBuffer({ ...record, person: 'p'.repeat(26) })) as Loose;
      expect(shown.person).toBe('p'.repeat(26));
      const identifiers = contract.fields.filter(
        (f) => f.classification === 'direct-identifier' && !f.path.includes('[]'),
      );
      for (const { name } of identifiers.filter((f) => typeof record[f.name] === 'string')) {
        expect(JSON.stringify(shown)).not.toContain(record[name]);
      }
    },
  );

  it('has identifiers generalised where they were asked for by name, and never under their own', () => {
    const { schema } = view('gp/medication-statement/v1', ['status', 'birthDate', 'postcode']);
    expect(fieldNames(schema).slice(-3)).toEqual(['status', 'ageBand', 'postcodeDistrict']);
    const told = { type: ['null', 'string'], default: null };
    expect(schema.fields.at(-2)).toMatchObject({ name: 'ageBand', ...told });
    expect(schema.fields.at(-1)).toMatchObject({ name: 'postcodeDistrict', ...told });
    expect(JSON.stringify(schema)).not.toContain('"name":"birthDate"');
    expect(JSON.stringify(schema)).not.toContain('"name":"postcode"');
  });

  it.each(publishedFolders())('of %s may be given an age band and a district', (folder) => {
    const { contract } = view(folder, ['all']);
    expect(treatedFields(contract)).toEqual(['birthDate', 'postcode']);
    expect(grantableFields(contract)).not.toContain('birthDate');
  });

  // A view stands for as long as its grant: with another derivation its schema would be one that nobody decided.
  it.each(Object.entries(BEFORE_TREATMENTS))(
    'of all of %s is byte for byte what it was before treatments were built',
    (folder, hash) => {
      const { schema } = view(folder, ['all']);
      expect(createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 16)).toBe(
        hash,
      );
    },
  );

  it.each(['nhsNumber', 'doseText', 'medicationStatementId', 'localPatientId', 'noSuchField'])(
    'of %s is refused',
    (name) => {
      expect(() => view('gp/medication-statement/v1', ['status', name])).toThrow(RangeError);
    },
  );

  it('leaves the product schema as it was', () => {
    const { schema } = parseVersion(readFolder('community/care-contact/v1'));
    const before = JSON.stringify(schema);
    view('community/care-contact/v1', ['all']);
    expect(JSON.stringify(schema)).toBe(before);
  });
});

/** The granted fields with those every view has, in the order of the product. */
function withAlways(granted: string[], order: string[]): string[] {
  const wanted = new Set([...granted, 'recordId', 'recordedAt', 'changeType', 'survivorKey']);
  return [...new Set(order)].filter((name) => wanted.has(name));
}
