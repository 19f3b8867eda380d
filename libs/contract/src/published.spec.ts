import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkVersion } from './checks/check-version.js';
import { avroType } from './avro/type.js';
import { parseVersion } from './promise/parse-version.js';
import { CLASSIFICATIONS, PRODUCT_CARE_SETTINGS, PURPOSES } from './promise/data-contract.js';
import { PROFILE_SCHEMA } from './promise/schemas.gen.js';
import { CORE_FIELDS } from './records/compile.js';
import { publishedFolders, readFolder, SCHEMAS, type Loose } from './published.fixture.js';
import { readFileSync } from 'node:fs';

const BIN = resolve(import.meta.dirname, '../bin');

/** What a generator answers that is asked whether what it wrote is still so. */
function checkedBy(generator: string): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [`${BIN}/${generator}`, '--check'], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

describe('every published contract', () => {
  it('is found: the four products the mesh begins with', () => {
    expect(publishedFolders()).toEqual(
      expect.arrayContaining([
        'acute/inpatient-spell/v1',
        'community/care-contact/v1',
        'gp/medication-statement/v1',
        'social-care/care-package/v1',
      ]),
    );
  });

  it.each(publishedFolders())('%s passes every check, without a warning', (folder) => {
    const failed = checkVersion(readFolder(folder)).filter(({ outcome }) => outcome === 'failed');
    expect(failed).toEqual([]);
  });

  it.each(publishedFolders())('%s is named after its folder', (folder) => {
    const { contract } = parseVersion(readFolder(folder));
    expect(`${contract!.domain}/${contract!.name}/v${contract!.major}`).toBe(folder);
  });

  it.each([
    'gp/medication-statement/v1',
    'acute/inpatient-spell/v1',
    'community/care-contact/v1',
    'social-care/care-package/v1',
  ])('%s allows individual care and the five other purposes', (folder) => {
    expect(parseVersion(readFolder(folder)).contract!.purposes).toEqual(PURPOSES);
  });
});

describe('what is written down twice', () => {
  it('is the same: the record core, in schemas/mesh and in the library', () => {
    const core = JSON.parse(readFileSync(`${SCHEMAS}/mesh/record-core/v1/schema.avsc`, 'utf8')) as {
      fields: { name: string }[];
    };
    expect(core.fields.map(({ name }) => name)).toEqual(CORE_FIELDS);
    for (const folder of publishedFolders()) {
      const { fields } = JSON.parse(readFolder(folder)['schema.avsc']!) as { fields: object[] };
      expect(fields.slice(0, CORE_FIELDS.length)).toEqual(core.fields);
    }
  });

  it('is the same: the JSON Schemas in schemas/mesh and in the library', () => {
    expect(checkedBy('embed-schemas.mjs')).toEqual({ status: 0, stderr: '' });
  });

  it('is the same: Avro schemas and the record types generated from them', () => {
    expect(checkedBy('generate-record-types.mjs')).toEqual({ status: 0, stderr: '' });
  });
});

describe('the profile', () => {
  it('allows the purposes, care settings and classifications that the library knows, and no others', () => {
    const profile = JSON.parse(PROFILE_SCHEMA) as Loose;
    expect(profile.$defs.purpose.enum).toEqual(PURPOSES);
    const { careSetting } = profile.$defs.contract.properties;
    expect(careSetting.items.enum).toEqual(PRODUCT_CARE_SETTINGS);
    expect(CLASSIFICATIONS).toEqual([
      'direct-identifier',
      'quasi-identifier',
      'special-category',
      'none',
    ]);
  });
});

describe('the governance events schema', () => {
  it('takes an event', () => {
    const type = avroType(
      JSON.parse(
        readFileSync(`${SCHEMAS}/mesh/governance-events/v1/schema.avsc`, 'utf8'),
      ) as object,
    );
    const event = {
      id: 'e1',
      type: 'version.published',
      subject: 'gp.medication-statement',
      at: 1_700_000_000_000,
      data: '{}',
    };
    expect(type.fromBuffer(type.toBuffer(event))).toEqual(event);
  });
});
