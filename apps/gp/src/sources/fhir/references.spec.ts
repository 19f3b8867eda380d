import { Faulty, type SourceItem } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { toMedicationStatement } from '../../products/medication-statement/map.js';
import { fhir } from '../fhir.js';
import type { MedicineEntry } from './medicine-entry.js';

const NHS = 'https://fhir.nhs.uk/Id/nhs-number';
const ANN = '9434765919';
const BOB = '9000000009';

type Entry = { fullUrl?: string; resource: object };
const at = (fullUrl: string, resource: object): Entry => ({ fullUrl, resource });
const plain = (resource: object): Entry => ({ resource });
const patient = (id: string | undefined, number: string, more: object = {}): object => ({
  ...{ resourceType: 'Patient', id, identifier: [{ system: NHS, value: number }] },
  ...more,
});
const statement = (id: string, reference: string, more: object = {}): object => ({
  ...{ resourceType: 'MedicationStatement', id, status: 'active', subject: { reference } },
  ...{ medicationCodeableConcept: { text: 'Aspirin' }, ...more },
});
const medication = (id: string, text: string): object => ({
  ...{ resourceType: 'Medication', id, code: { text } },
});
const bundle = (...entry: unknown[]): string =>
  JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });

async function itemsOf(text: string, lines = false): Promise<SourceItem<MedicineEntry>[]> {
  async function* body() {
    yield Buffer.from(text);
  }
  const contentType = lines ? 'application/fhir+ndjson' : 'application/fhir+json';
  const items: SourceItem<MedicineEntry>[] = [];
  for await (const item of fhir.read({ contentType, body: body(), environment: 'test' }))
    items.push(item);
  return items;
}

/** Of each medicine its id with the person and the words it is published under, or its faults. */
async function told(text: string, lines = false): Promise<string[]> {
  const items = await itemsOf(text, lines);
  return items.flatMap((item) => {
    if (item.outcome === 'notUsed') return [];
    const faults = (all: readonly { code: string; path: string }[]) =>
      `${item.sourceId} ${all.map(({ code, path }) => `${code} ${path}`).join()}`;
    if (item.outcome) return [faults(item.errors)];
    const result = toMedicationStatement(item.record);
    if (result instanceof Faulty) return [faults(result.faults)];
    const [change] = result as {
      person: { nhsNumber: string };
      content: { medicationText: string };
    }[];
    return [`${item.sourceId} ${change!.person.nhsNumber} ${change!.content.medicationText}`];
  });
}
const UNRESOLVED = 'MESH-2134 /subject/reference';

describe('two servers may have the same ids', () => {
  const a = [
    at('https://a/fhir/Patient/1', patient('1', ANN)),
    at('https://a/fhir/MedicationStatement/s1', statement('s1', 'Patient/1')),
  ];
  const b = [
    at('https://b/fhir/Patient/1', patient('1', BOB)),
    at('https://b/fhir/MedicationStatement/s2', statement('s2', 'Patient/1')),
  ];
  const each = [`MedicationStatement/s1 ${ANN} Aspirin`, `MedicationStatement/s2 ${BOB} Aspirin`];

  it('a relative reference is meant of the server of its own entry, in whatever order', async () => {
    expect(await told(bundle(...a, ...b))).toEqual(each);
    expect(await told(bundle(...a.toReversed(), ...b.toReversed()))).toEqual(each);
    expect(await told(bundle(a[0], b[0], a[1], b[1]))).toEqual(each);
    expect(await told(bundle(b[0], a[0], a[1], b[1]))).toEqual(each);
  });

  it('a medicine and a practice too', async () => {
    const byReference = (id: string) =>
      statement(id, 'Patient/1', {
        medicationCodeableConcept: undefined,
        medicationReference: { reference: 'Medication/1' },
        informationSource: { reference: 'Organization/1' },
      });
    const practice = (ods: string) => ({
      ...{ resourceType: 'Organization', id: '1' },
      identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: ods }],
    });
    const managed = { managingOrganization: { reference: 'Organization/1' } };
    const text = bundle(
      at('https://a/Medication/1', medication('1', 'Aspirin')),
      at('https://b/Medication/1', medication('1', 'Morphine')),
      at('https://b/Organization/1', practice('C83019')),
      at('https://a/Organization/1', practice('B82005')),
      at('https://b/Patient/1', patient('1', BOB, managed)),
      at('https://a/MedicationStatement/s1', {
        ...byReference('s1'),
        subject: { reference: 'https://b/Patient/1' },
      }),
    );
    expect(await told(text)).toEqual([`MedicationStatement/s1 ${BOB} Aspirin`]);
    const [item] = await itemsOf(text);
    const [change] = toMedicationStatement(
      (item as { record: MedicineEntry }).record,
    ) as unknown as { keeper: string; content: { prescribingOds: string } }[];
    expect([change!.keeper, change!.content.prescribingOds]).toEqual(['C83019', 'B82005']);
  });

  it('an absolute reference finds that address alone', async () => {
    const other = statement('s1', 'https://other/fhir/Patient/1');
    expect(await told(bundle(a[0], at('https://a/fhir/MedicationStatement/s1', other)))).toEqual([
      `MedicationStatement/s1 ${UNRESOLVED}`,
    ]);
    const version = statement('s1', 'https://a/fhir/Patient/1/_history/3');
    expect(await told(bundle(a[0], b[0], plain(version)))).toEqual(each.slice(0, 1));
  });

  it('a relative one does not leave its server', async () => {
    expect(await told(bundle(a[0], b[1]))).toEqual([`MedicationStatement/s2 ${UNRESOLVED}`]);
  });

  it('where no server is named, type and id will do if there is one alone, and else nobody is guessed', async () => {
    const unnamed = plain(statement('s1', 'Patient/1'));
    expect(await told(bundle(a[0], unnamed))).toEqual(each.slice(0, 1));
    const urn = at('urn:uuid:0c5e6ad0-9e1f-4b6e-8f10-1d2b6d0e6f01', statement('s1', 'Patient/1'));
    expect(await told(bundle(a[0], urn))).toEqual(each.slice(0, 1));
    expect(await told(bundle(unnamed, a[0], b[0]))).toEqual([
      `MedicationStatement/s1 ${UNRESOLVED}`,
    ]);
    const two = [plain(patient('1', ANN)), plain(patient('1', BOB))];
    const [item] = await itemsOf(bundle(two[0], unnamed, two[1]));
    const result = toMedicationStatement((item as { record: MedicineEntry }).record);
    expect((result as Faulty).faults[0]!.message).toBe(
      'A reference points to nothing in this submission: several have this type and id; give each entry its fullUrl',
    );
  });

  it('the same person twice is nobody else', async () => {
    const two = [plain(patient('1', ANN)), plain(patient('1', ANN, { gender: 'female' }))];
    expect(await told(bundle(...two, plain(statement('s1', 'Patient/1'))))).toEqual(
      each.slice(0, 1),
    );
  });

  it('an identifier beside an ambiguous reference says who it is', async () => {
    const named = statement('s1', 'Patient/1', {
      subject: { reference: 'Patient/1', identifier: { system: NHS, value: BOB } },
    });
    expect(await told(bundle(a[0], b[0], plain(named)))).toEqual([
      `MedicationStatement/s1 ${BOB} Aspirin`,
    ]);
  });
});

describe('a file of several Bundles', () => {
  it('each means its own resources', async () => {
    const of = (id: string, number: string) =>
      bundle(plain(statement(id, 'Patient/1')), plain(patient('1', number)));
    expect(await told([of('s1', ANN), of('s2', BOB)].join('\n'), true)).toEqual([
      `MedicationStatement/s1 ${ANN} Aspirin`,
      `MedicationStatement/s2 ${BOB} Aspirin`,
    ]);
  });
});

describe('a resource with more references or contained resources than anybody has', () => {
  const contained = (resources: object[]) => statement('s1', '#p', { contained: resources });
  const practices = (count: number) => Array.from({ length: count }, () => ({ reference: '#zz' }));

  it.each([
    ['practices', { generalPractitioner: practices(201) }, '/subject/generalPractitioner'],
    ['identifiers', { identifier: practices(201) }, '/subject/identifier'],
  ])('%s', async (_, more, path) => {
    const text = JSON.stringify(contained([patient('p', ANN, more)]));
    expect(await told(text)).toEqual([`MedicationStatement/s1 MESH-2132 ${path}`]);
  });

  it('contained resources', async () => {
    const many = Array.from({ length: 2_000 }, (_, i) => medication(`m${i}`, 'Aspirin'));
    const text = JSON.stringify(contained([patient('p', ANN), ...many]));
    expect(await told(text)).toEqual(['MedicationStatement/s1 MESH-2132 /contained']);
    const within = JSON.stringify(
      contained([patient('p', ANN, { generalPractitioner: practices(200) }), ...many.slice(1)]),
    );
    expect(await told(within)).toEqual([`MedicationStatement/s1 ${ANN} Aspirin`]);
  });
});

it('a UUID is the same in capitals', async () => {
  const of = (uuid: string) => `urn:uuid:${uuid}`;
  const uuid = '0c5e6ad0-9e1f-4b6e-8f10-1d2b6d0e6f01';
  const text = bundle(
    at(of(uuid.toUpperCase()), patient(undefined, ANN)),
    plain(statement('s1', of(uuid))),
  );
  expect(await told(text)).toEqual([`MedicationStatement/s1 ${ANN} Aspirin`]);
});

it('what is landed of an item leads to the same person again', async () => {
  const text = bundle(
    at('https://a/fhir/Patient/1', patient('1', ANN)),
    at('https://b/fhir/Patient/1', patient('1', BOB)),
    at('https://b/fhir/MedicationStatement/s2', statement('s2', 'Patient/1')),
  );
  const [item] = await itemsOf(text);
  expect(await told(String(item!.raw))).toEqual([`MedicationStatement/s2 ${BOB} Aspirin`]);
});

it('a fault inside a patient is told with its path', async () => {
  const number = { ...patient('1', ANN), identifier: [{ system: NHS, value: 9434765919 }, null] };
  expect(await told(bundle(plain(number), plain(statement('s1', 'Patient/1'))))).toEqual([
    'MedicationStatement/s1 MESH-2132 /subject/identifier/0/value,MESH-2132 /subject/identifier/1',
  ]);
});

it('an entry that by its kind brings no resource is left out; a deletion and an empty one are not', async () => {
  const request = (method: string) => ({ request: { method, url: 'MedicationStatement/1' } });
  const items = await itemsOf(
    bundle({ response: { status: '404' } }, request('GET'), request('DELETE'), {}),
  );
  expect(
    items.map((item) => item.outcome && [item.outcome, item.errors[0]!.code, item.errors[0]!.path]),
  ).toEqual([
    ['notUsed', 'MESH-2141', '/response'],
    ['notUsed', 'MESH-2141', '/request'],
    ['quarantined', 'MESH-2132', '/request/method'],
    ['quarantined', 'MESH-2131', '/resourceType'],
  ]);
});
