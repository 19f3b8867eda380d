import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseVersion } from '../promise/parse-version.js';
import {
  SCHEMAS,
  changed,
  property,
  publishedFolders,
  readFolder,
  type Loose,
} from '../published.fixture.js';
import type { VersionFiles } from '../envelope/hash.js';
import { asyncApiOf } from './async-api.js';
import { dcatOf } from './dcat.js';
import { lineageOf } from './lineage.js';
import { meshAsyncApi } from './mesh-topics.js';
import { odpsOf } from './odps.js';
import { asyncApiFaults, dcatFaults, odpsFaults } from './outside-validators.fixture.js';
import type { MeshPlaces, PublishedVersion, StandingWaiver } from './published-version.js';

const PLACES: MeshPlaces = {
  governanceUrl: 'https://governance.caremesh.example',
  registryUrl: 'https://registry.caremesh.example/apis/ccompat/v7',
  tokenUrl: 'https://identity.caremesh.example/token',
  bootstrap: 'kafka-1.caremesh.example:9092,kafka-2.caremesh.example:9092',
  encrypted: true,
};

function version(files: VersionFiles, more: Partial<PublishedVersion> = {}): PublishedVersion {
  const { contract, schema } = parseVersion(files);
  return {
    contract: contract!,
    schema: schema!,
    schemaId: 17,
    status: 'published',
    publishedAt: '2026-11-25T10:00:00.000Z',
    ...more,
  };
}

/** The GP product with a field made from another product's. */
const derived = () =>
  version(
    changed({
      contract: (odcs) => {
        property(odcs, 'reasonCode').transformSourceObjects = [
          'acute.inpatient-spell.v2#primaryDiagnosis',
          'Practice system, problem list',
        ];
      },
    }),
  );

/** Two majors side by side, the older deprecated. */
function twoMajors(): PublishedVersion[] {
  const first = version(readFolder('gp/medication-statement/v1'), { status: 'deprecated' });
  const second = { ...derived(), publishedAt: null, schemaId: null };
  const contract = { ...second.contract, major: 2, version: '2.0.0', id: 'urn:caremesh:x:v2' };
  return [first, { ...second, contract }];
}

const WAIVER: StandingWaiver = {
  id: 'abcdefgh',
  check: 'standard-conformance',
  about: 'DCB0129',
  until: '2027-03-31T23:00:00.000Z',
  reason: 'The supplier delivers in spring.',
  approvedBy: 'user-governance-lead',
};

const products = [
  ...publishedFolders().map((folder) => [folder, () => [version(readFolder(folder))]] as const),
  ['a product made from another', () => [derived()]] as const,
  ['two majors side by side', twoMajors] as const,
];

describe('documents of a product with a waiver', () => {
  const versions = [version(readFolder('gp/medication-statement/v1'))];
  it('say it, and are valid', async () => {
    const [odps, asyncApi, dcat] = [odpsOf, asyncApiOf, dcatOf].map((write) =>
      write(versions, PLACES, [WAIVER]),
    );
    const said = `Until ${WAIVER.until} the check "standard-conformance" of DCB0129 is waived: ${WAIVER.reason}`;
    expect(odps).toMatchObject({
      customProperties: expect.arrayContaining([
        { property: 'waivers', value: [WAIVER] },
      ]) as unknown,
    });
    expect(asyncApi).toMatchObject({ info: { 'x-caremesh-waivers': [WAIVER] } });
    for (const document of [asyncApi, dcat]) {
      expect(JSON.stringify(document)).toContain(JSON.stringify(said).slice(1, -1));
    }
    expect(odpsFaults(odps!)).toEqual([]);
    expect(await asyncApiFaults(asyncApi!)).toEqual([]);
    expect(await dcatFaults(dcat!)).toEqual([]);
  });
});

describe('documents generated from contracts', () => {
  it.each(products)('ODPS: the official JSON Schema accepts %s', (_, versions) => {
    expect(odpsFaults(odpsOf(versions(), PLACES))).toEqual([]);
  });

  it.each(products)('AsyncAPI: its own parser accepts %s', async (_, versions) => {
    expect(await asyncApiFaults(asyncApiOf(versions(), PLACES))).toEqual([]);
  });

  it.each(products)('DCAT: the shapes of DCAT-AP accept %s', async (_, versions) => {
    expect(await dcatFaults(dcatOf(versions(), PLACES))).toEqual([]);
  });

  it('are refused by the same validators when something is wrong with them', async () => {
    const [one] = [[derived()]];
    const odps: Loose = odpsOf(one, PLACES);
    delete odps.outputPorts[0].version;
    expect(odpsFaults(odps)).toEqual(["/outputPorts/0 must have required property 'version'"]);
    const api: Loose = asyncApiOf(one, PLACES);
    api.operations['publish-v1'].action = 'shout';
    expect((await asyncApiFaults(api)).join()).toContain('operations.publish-v1.action');
    const dcat: Loose = dcatOf(one, PLACES);
    delete dcat['dcat:distribution'][0]['dcat:accessURL'];
    expect((await dcatFaults(dcat)).join()).toContain('http://www.w3.org/ns/dcat#accessURL');
  });

  it('say what was decided: majors, schema ids, inputs, state, owner and where support is', () => {
    const odps: Loose = odpsOf(twoMajors(), PLACES);
    expect(odps).toMatchObject({
      id: 'urn:caremesh:gp.medication-statement',
      status: 'active',
      version: '2.0.0',
      team: { name: 'gp' },
      inputPorts: [{ name: 'acute.inpatient-spell.v2', version: '2' }],
      outputPorts: [
        { name: 'gp.medication-statement.v1', version: '1.0.0', inputContracts: [] },
        { inputContracts: [{ id: 'urn:caremesh:acute.inpatient-spell:v2', version: '2' }] },
      ],
    });
    expect(odps.outputPorts[0].customProperties).toEqual([
      { property: 'status', value: 'deprecated' },
      { property: 'schemaId', value: 17 },
    ]);
    expect(odps.support[0].url).toBe('mailto:gp-data-products@caremesh.example');
    const api: Loose = asyncApiOf(twoMajors(), PLACES);
    expect(Object.keys(api.channels)).toEqual(['v1', 'v2']);
    expect(api.channels.v1).toMatchObject({
      address: 'gp.medication-statement.v1',
      description: 'This major version is deprecated.',
    });
    expect(api.info.contact.email).toBe('gp-data-products@caremesh.example');
  });

  it('leave a retired major out of what can be had', () => {
    const [old, current] = twoMajors() as [PublishedVersion, PublishedVersion];
    const dcat: Loose = dcatOf([{ ...old, status: 'retired' }, current], PLACES);
    expect(dcat['dcat:distribution'].map((one: Loose) => one['@id'])).toEqual([
      'https://governance.caremesh.example/v1/products/gp.medication-statement#v2',
    ]);
  });

  it('are not made of nothing', () => {
    expect(() => odpsOf([], PLACES)).toThrow(RangeError);
  });
});

describe('the topics of the mesh', () => {
  it('are an AsyncAPI document that its own parser accepts, as it is checked in', async () => {
    const checkedIn = join(SCHEMAS, '../docs/asyncapi/mesh.json');
    const held = JSON.parse(readFileSync(checkedIn, 'utf8')) as object;
    expect(await asyncApiFaults(held)).toEqual([]);
  });

  it('are Avro or JSON, as their schemas are', async () => {
    const told = { type: 'record', name: 'Told', doc: 'Something.', fields: [] };
    const signed = { type: 'object', title: 'Signed', description: 'Other.', properties: {} };
    const document: Loose = meshAsyncApi(
      { 'mesh.governance-events.v1': told, 'mesh.ledger-checkpoints.v1': signed },
      PLACES,
    );
    expect(await asyncApiFaults(document)).toEqual([]);
    expect(document.components.messages).toMatchObject({
      'governance-events-v1': {
        ...{ name: 'Told', contentType: 'avro/binary' },
        headers: { required: expect.arrayContaining(['ce_id', 'ce_type', 'ce_source']) as unknown },
      },
      'ledger-checkpoints-v1': { name: 'Signed', contentType: 'application/json', payload: signed },
    });
    expect(document.channels['governance-events-v1'].address).toBe('mesh.governance-events.v1');
  });
});

describe('lineage', () => {
  it('names standards for the product, and for a field its sources, code system and definition', () => {
    const edges = lineageOf(derived().contract);
    expect(edges.filter(({ field }) => field === null)).toContainEqual({
      field: null,
      from: { kind: 'standard', id: 'SCCI0034', title: 'SNOMED CT', version: null },
    });
    expect(edges.filter(({ field }) => field === 'reasonCode').map(({ from }) => from)).toEqual([
      { kind: 'product', product: 'acute.inpatient-spell', major: 2, field: 'primaryDiagnosis' },
      { kind: 'other', name: 'Practice system, problem list' },
      { kind: 'code-system', system: 'http://snomed.info/sct', version: 'uk-edition' },
    ]);
    expect(edges).toContainEqual({
      field: 'nhsNumber',
      from: {
        kind: 'definition',
        url: 'https://www.datadictionary.nhs.uk/data_elements/nhs_number.html',
      },
    });
  });
});
