import { describe, expect, it } from 'vitest';
import type { VersionFiles } from '../envelope/hash.js';
import {
  changed,
  custom,
  field,
  GP,
  property,
  readFolder,
  without,
  type Loose,
} from '../published.fixture.js';
import { checkVersion } from './check-version.js';
import { FILE_RULES, RULES } from './list.js';

/** Name and code of every failed check. */
function failures(files: VersionFiles, context = {}): string[] {
  const failed = checkVersion(files, context).filter(({ outcome }) => outcome === 'failed');
  for (const check of failed) {
    expect(check.reason).toMatch(/^[A-Z`].*[.…`]$/);
    expect(check.fix).toMatch(/\.$/);
    expect(check.path).not.toBe('');
  }
  return [...new Set(failed.map(({ name, code }) => `${name} ${code}`))];
}

const sla = (name: string) => (odcs: Loose) => {
  odcs.slaProperties = odcs.slaProperties.filter((entry: Loose) => entry.property !== name);
};

describe('a version that is right', () => {
  it('passes each check once, in the order of the list', () => {
    const checks = checkVersion(readFolder(GP));
    expect(checks.map(({ name }) => name)).toEqual(
      [...FILE_RULES, ...RULES].map(({ name }) => name),
    );
    expect(checks.every(({ outcome, reason }) => outcome === 'passed' && reason === null)).toBe(
      true,
    );
  });
});

/** One fault each, and the one check that must find it. */
const CONTRACT_FAULTS: [string, (odcs: Loose) => void, string][] = [
  ['has a field ODCS does not know', (odcs) => (odcs.publisher = 'x'), 'odcs-valid MESH-1201'],
  [
    'has a property with an unknown key',
    (odcs) => (property(odcs, 'status').colour = 'red'),
    'odcs-valid MESH-1201',
  ],
  ['is written to another ODCS', (odcs) => (odcs.apiVersion = 'v3.0.2'), 'odcs-valid MESH-1202'],
  ['has no status', (odcs) => delete odcs.status, 'odcs-valid MESH-1201'],
  ['has an id of its own', (odcs) => (odcs.id = 'my-contract'), 'odcs-valid MESH-1405'],
  ['describes two products', (odcs) => odcs.schema.push({ name: 'Other' }), 'odcs-valid MESH-1201'],
  ['lacks the care setting', (odcs) => without(odcs, 'careSetting'), 'profile-valid MESH-1203'],
  [
    'has an unknown custom property',
    (odcs) => odcs.customProperties.push({ property: 'colour', value: 1 }),
    'profile-valid MESH-1205',
  ],
  [
    'has a custom property twice',
    (odcs) => odcs.customProperties.push(custom(odcs, 'careSetting')),
    'profile-valid MESH-1204',
  ],
  [
    'allows an unknown purpose',
    (odcs) => custom(odcs, 'purposes').value.push('marketing'),
    'profile-valid MESH-1204',
  ],
  [
    'has an unknown treatment',
    (odcs) => (custom(property(odcs, 'reviewDate'), 'treatment').value = 'blur'),
    'profile-valid MESH-1204',
  ],
  ['names another domain', (odcs) => (odcs.domain = 'acute'), 'names-agree MESH-1405'],
  [
    'names another topic',
    (odcs) => (odcs.schema[0].physicalName = 'gp.other.v1'),
    'names-agree MESH-1405',
  ],
  ['has a version of another major', (odcs) => (odcs.version = '2.0.0'), 'names-agree MESH-1405'],
  ['has no semantic version', (odcs) => (odcs.version = '1.0'), 'version-step MESH-1501'],
  ['begins at 1.1.0', (odcs) => (odcs.version = '1.1.0'), 'version-step MESH-1502'],
  [
    'leaves a field undescribed',
    (odcs) => delete property(odcs, 'status').description,
    'field-documented MESH-1301',
  ],
  [
    'leaves a field unclassified',
    (odcs) => delete property(odcs, 'reviewDate').classification,
    'field-classified MESH-1302',
  ],
  [
    'classifies in its own words',
    (odcs) => (property(odcs, 'reviewDate').classification = 'secret'),
    'field-classified MESH-1302',
  ],
  [
    'leaves a field untreated',
    (odcs) => without(property(odcs, 'reviewDate'), 'treatment'),
    'field-classified MESH-1303',
  ],
  [
    'keeps a direct identifier',
    (odcs) => (custom(property(odcs, 'nhsNumber'), 'treatment').value = 'keep'),
    'field-classified MESH-1304',
  ],
  [
    'keeps free text',
    (odcs) => (custom(property(odcs, 'doseText'), 'treatment').value = 'keep'),
    'field-classified MESH-1304',
  ],
  [
    'drops a plain field',
    (odcs) => (custom(property(odcs, 'reviewDate'), 'treatment').value = 'drop'),
    'field-classified MESH-1304',
  ],
  [
    'does not say whether text is free',
    (odcs) => without(property(odcs, 'medicationDisplay'), 'freeText'),
    'free-text-flagged MESH-1305',
  ],
  [
    'has an NHS number without its role',
    (odcs) => without(property(odcs, 'nhsNumber'), 'role'),
    'identifiers-typed MESH-1313',
  ],
  [
    'has an ODS code without its role',
    (odcs) => without(property(odcs, 'prescribingOds'), 'role'),
    'free-text-flagged MESH-1305',
  ],
  [
    'lists a code twice',
    (odcs) =>
      custom(property(odcs, 'status'), 'codes').value.values.push({
        code: 'active',
        meaning: 'Again',
      }),
    'codes-bound MESH-1306',
  ],
  [
    'has a slow pattern',
    (odcs) => (property(odcs, 'medicationCode').logicalTypeOptions.pattern = '^(a+)+$'),
    'patterns-safe MESH-1323',
  ],
  ['has no owner', (odcs) => delete odcs.team, 'owner-named MESH-1315'],
  ['has no support', (odcs) => (odcs.support = []), 'support-named MESH-1316'],
  [
    'allows no purpose',
    (odcs) => {
      custom(odcs, 'purposes').value = [];
      custom(odcs, 'legalBasis').value = [];
    },
    'purposes-stated MESH-1317',
  ],
  [
    'has a purpose without legal basis',
    (odcs) => custom(odcs, 'legalBasis').value.pop(),
    'legal-basis-stated MESH-1318',
  ],
  ['promises no retention', sla('retention'), 'retention-promised MESH-1319'],
  ['promises no freshness', sla('freshness'), 'freshness-promised MESH-1320'],
  ['promises no completeness', sla('completeness'), 'completeness-promised MESH-1321'],
  [
    'promises completeness of no field',
    (odcs) => (odcs.slaProperties.at(-1).element = 'MedicationStatement.x'),
    'completeness-promised MESH-1321',
  ],
  [
    'has a field more than the schema',
    (odcs) => odcs.schema[0].properties.push({ ...property(odcs, 'reviewDate'), name: 'other' }),
    'avro-matches-contract MESH-1401',
  ],
  [
    'has a field less than the schema',
    (odcs) => odcs.schema[0].properties.pop(),
    'avro-matches-contract MESH-1402',
  ],
  [
    'has another type than the schema',
    (odcs) => (property(odcs, 'asNeeded').logicalType = 'integer'),
    'avro-matches-contract MESH-1403',
  ],
  [
    'requires what may be null',
    (odcs) => (property(odcs, 'asNeeded').required = true),
    'avro-matches-contract MESH-1404',
  ],
  [
    'describes in other words than the schema',
    (odcs) => (property(odcs, 'asNeeded').description = 'Something else.'),
    'avro-matches-contract MESH-1406',
  ],
];

describe('a contract', () => {
  it.each(CONTRACT_FAULTS)('that %s is refused, and told why', (_, contract, expected) => {
    expect(failures(changed({ contract }))).toContain(expected);
  });
});

const SCHEMA_FAULTS: [string, (avro: Loose) => void, string][] = [
  ['lacks a core field', (avro) => avro.fields.splice(2, 1), 'record-core MESH-1307'],
  [
    'has the core in another order',
    (avro) => avro.fields.unshift(avro.fields.pop()),
    'record-core MESH-1307',
  ],
  [
    'has another changeType',
    (avro) =>
      field(avro, 'changeType').type.symbols.pop() &&
      (field(avro, 'changeType').type.default = 'CREATED'),
    'record-core MESH-1307',
  ],
  [
    'has a field without default',
    (avro) => delete field(avro, 'reviewDate').default,
    'avro-house-rules MESH-1308',
  ],
  [
    'has null last',
    (avro) => Object.assign(field(avro, 'doseText'), { type: ['string', 'null'], default: '' }),
    'avro-house-rules MESH-1308',
  ],
  [
    'has an int',
    (avro) => (field(avro, 'repeatsIssued').type = ['null', 'int']),
    'avro-house-rules MESH-1309',
  ],
  [
    'has a float',
    (avro) => (field(avro, 'doseValue').type = ['null', 'float']),
    'avro-house-rules MESH-1309',
  ],
  [
    'has an open enum',
    (avro) => (field(avro, 'status').type = ['null', { type: 'enum', name: 'S', symbols: ['A'] }]),
    'avro-house-rules MESH-1310',
  ],
  [
    'has a map',
    (avro) => (field(avro, 'status').type = ['null', { type: 'map', values: 'string' }]),
    'avro-house-rules MESH-1104',
  ],
  [
    'has bytes',
    (avro) => (field(avro, 'status').type = ['null', 'bytes']),
    'avro-house-rules MESH-1104',
  ],
  ['has another namespace', (avro) => (avro.namespace = 'uk.nhs'), 'names-agree MESH-1311'],
  ['has another record name', (avro) => (avro.name = 'Medication'), 'names-agree MESH-1312'],
  [
    'has an undescribed field',
    (avro) => delete field(avro, 'status').doc,
    'field-documented MESH-1301',
  ],
  [
    'contains itself',
    (avro) => (field(avro, 'status').type = ['null', 'MedicationStatement']),
    'schema-valid MESH-1102',
  ],
  [
    'has a default of the wrong type',
    (avro) => (field(avro, 'status').default = 'active'),
    'schema-valid MESH-1101',
  ],
];

describe('a schema', () => {
  it.each(SCHEMA_FAULTS)('that %s is refused, and told why', (_, schema, expected) => {
    expect(failures(changed({ schema }))).toContain(expected);
  });
});

it('of a folder that is none is told that it has neither file, and not what else lies in it', () => {
  expect(failures({ 'README.md': '', 'run.sh': 'x', 'docs/adr/001.md': '' })).toEqual([
    'odcs-valid MESH-1001',
    'schema-valid MESH-1001',
  ]);
});

const FILE_FAULTS: [string, (files: VersionFiles) => void, string][] = [
  ['without a contract', (files) => delete files['contract.odcs.yaml'], 'odcs-valid MESH-1001'],
  ['without a schema', (files) => delete files['schema.avsc'], 'schema-valid MESH-1001'],
  ['with a stray file', (files) => (files['run.sh'] = 'x'), 'files-known MESH-1002'],
  [
    'with a path that climbs',
    (files) => (files['examples/../../x.json'] = '{}'),
    'files-known MESH-1002',
  ],
  [
    'with YAML that is none',
    (files) => (files['contract.odcs.yaml'] = 'a: [1'),
    'odcs-valid MESH-1004',
  ],
  [
    'with an alias',
    (files) => (files['contract.odcs.yaml'] = 'a: &a 1\nb: *a'),
    'odcs-valid MESH-1005',
  ],
  [
    'with a list for a contract',
    (files) => (files['contract.odcs.yaml'] = '- 1'),
    'odcs-valid MESH-1201',
  ],
  [
    'with a schema that is no JSON',
    (files) => (files['schema.avsc'] = '{'),
    'schema-valid MESH-1006',
  ],
  ['without good examples', (files) => drop(files, /^examples\/[^/]*$/), 'examples-good MESH-1601'],
  ['without bad examples', (files) => drop(files, /^examples\/bad\//), 'examples-bad MESH-1603'],
  [
    'with a good example that is bad',
    (files) => (files['examples/x.json'] = '{}'),
    'examples-good MESH-1602',
  ],
  [
    'with an example that is no JSON',
    (files) => (files['examples/x.json'] = '{'),
    'examples-good MESH-1602',
  ],
  [
    'with a real NHS number',
    (files) =>
      (files['examples/x.json'] = files['examples/created.json']!.replace(
        /"nhsNumber": "\d+"/,
        '"nhsNumber": "5000000005"',
      )),
    'examples-good MESH-1606',
  ],
  [
    'with a bad example that is good',
    (files) => (files['examples/bad/pattern.json'] = files['examples/created.json']!),
    'examples-bad MESH-1604',
  ],
  [
    'with a bad example named after another fault',
    (files) =>
      (files['examples/bad/pattern.json'] =
        files['examples/bad/too-long--medicationDisplay.json']!),
    'examples-bad MESH-1605',
  ],
  [
    'with a bad example named after another field',
    (files) =>
      (files['examples/bad/too-long--doseText.json'] =
        files['examples/bad/too-long--medicationDisplay.json']!),
    'examples-bad MESH-1605',
  ],
];

function drop(files: VersionFiles, pattern: RegExp): void {
  for (const path of Object.keys(files)) if (pattern.test(path)) delete files[path];
}

describe('a version', () => {
  it.each(FILE_FAULTS)('%s is refused, and told why', (_, files, expected) => {
    expect(failures(changed({ files }))).toContain(expected);
  });

  it('of a domain nobody accepted yet says so, and is not blocked by it', () => {
    const check = checkVersion(readFolder(GP), { domainAccepted: false }).find(
      ({ name }) => name === 'domain-known',
    );
    expect(check).toMatchObject({ severity: 'informs', outcome: 'failed', code: 'MESH-1322' });
  });

  it('that exists already is refused', () => {
    expect(failures(readFolder(GP), { latest: readFolder(GP) })).toEqual([
      'version-step MESH-1504',
    ]);
    expect(failures(readFolder(GP), { existingVersions: ['1.0.0'] })).toEqual([
      'version-step MESH-1504',
    ]);
  });

  it('never repeats a value of a record in what it says', () => {
    const files = changed({
      files: (all) =>
        (all['examples/x.json'] = JSON.stringify({ nhsNumber: '5000000005', surname: 'Smith 99' })),
    });
    expect(JSON.stringify(checkVersion(files))).not.toMatch(/5000000005|Smith 99/);
  });
});

describe('a contract of a new version', () => {
  const addField = {
    contract: (odcs: Loose) =>
      odcs.schema[0].properties.push({ ...property(odcs, 'reviewDate'), name: 'nextCheck' }),
    schema: (avro: Loose) => avro.fields.push({ ...field(avro, 'reviewDate'), name: 'nextCheck' }),
  };
  const at = (version: string, edit: Parameters<typeof changed>[0]) =>
    changed({
      ...edit,
      contract: (odcs) => {
        edit.contract?.(odcs);
        odcs.version = version;
        odcs.id = odcs.id.replace(/v\d+$/, `v${version.split('.')[0]}`);
        odcs.schema[0].physicalName = `gp.medication-statement.v${version.split('.')[0]}`;
      },
    });
  const reword = {
    contract: (odcs: Loose) => (odcs.description.usage = 'Other words altogether.'),
  };
  const dropField = {
    contract: (odcs: Loose) => odcs.schema[0].properties.pop(),
    schema: (avro: Loose) => avro.fields.pop(),
    files: (files: VersionFiles) => {
      for (const path of Object.keys(files).filter((name) => name.startsWith('examples/'))) {
        const { gpPracticeOds: _, ...rest } = JSON.parse(files[path]!) as Loose;
        files[path] = JSON.stringify(rest);
      }
    },
  };

  it.each([
    ['1.0.1', reword, []],
    ['1.1.0', reword, []],
    ['1.0.2', reword, ['version-step MESH-1503']],
    ['1.1.0', addField, []],
    ['1.0.1', addField, ['version-step MESH-1503']],
    ['1.2.0', addField, ['version-step MESH-1503']],
    ['2.0.0', addField, []],
    ['2.0.0', dropField, []],
    ['1.1.0', dropField, ['version-step MESH-1503']],
    ['3.0.0', dropField, ['version-step MESH-1503']],
    ['2.1.0', dropField, ['version-step MESH-1503']],
  ])('%s is judged by what changed (%#)', (version, edit, expected) => {
    expect(failures(at(version, edit), { latest: readFolder(GP) })).toEqual(expected);
  });
});
