import { Faulty } from '@caremesh/product';
import { expect, it } from 'vitest';
import { toMedicationStatement } from '../../products/medication-statement/map.js';
import { fhir } from '../fhir.js';

const SERVER = 'https://a.example/fhir';
const patient = {
  fullUrl: `${SERVER}/Patient/1`,
  resource: {
    ...{ resourceType: 'Patient', id: '1' },
    identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9434765919' }],
  },
};
const version = (versionId: string, status: string, lastModified?: string, meta: object = {}) => ({
  fullUrl: `${SERVER}/MedicationStatement/s`,
  resource: {
    ...{ resourceType: 'MedicationStatement', id: 's', status, meta: { versionId, ...meta } },
    ...{ medicationCodeableConcept: { text: 'Aspirin' }, subject: { reference: 'Patient/1' } },
  },
  request: { method: 'PUT', url: 'MedicationStatement/s' },
  response: { status: '200', ...(lastModified && { lastModified }) },
});
const bundle = (type: string, ...entry: object[]) =>
  JSON.stringify({ resourceType: 'Bundle', type, entry });

/** Of each state: its position in the submission, its status, when it was changed, and by what it is landed again. */
async function states(text: string): Promise<[number, unknown, string | null][]> {
  const read = (body: string) =>
    fhir.read({
      ...{ contentType: 'application/fhir+json', environment: 'test' },
      body: (async function* () {
        yield Buffer.from(body);
      })(),
    });
  const all: [number, unknown, string | null][] = [];
  for await (const item of read(text)) {
    if (item.outcome) continue;
    for await (const again of read(String(item.raw)))
      expect('at' in again && again.at).toBe(item.at);
    const result = toMedicationStatement(item.record);
    const [change] = result instanceof Faulty ? [] : result;
    expect(change).toMatchObject({ at: item.at });
    all.push([item.index, change?.change === 'upsert' && change.content.status, item.at]);
  }
  return all;
}
const [MARCH_1, MARCH_2] = ['2026-03-01T10:00:00.000Z', '2026-03-02T10:00:00.000Z'];

it('a history is heard from its oldest state on, each as old as its entry says', async () => {
  const text = bundle(
    'history',
    ...[patient, version('2', 'stopped', MARCH_2), version('1', 'active', MARCH_1)],
  );
  expect(await states(text)).toEqual([
    [2, 'active', MARCH_1],
    [1, 'stopped', MARCH_2],
  ]);
});

it('also if nothing says how old a state is', async () => {
  const text = bundle('history', version('2', 'stopped'), version('1', 'active'), patient);
  expect(await states(text)).toEqual([
    [1, 'active', null],
    [0, 'stopped', null],
  ]);
});

it('a time of the resource itself stays', async () => {
  const own = { lastUpdated: MARCH_1 };
  const text = bundle('history', version('1', 'active', MARCH_2, own), patient);
  expect(await states(text)).toEqual([[0, 'active', MARCH_1]]);
});

it('any other Bundle is heard in its own order', async () => {
  const text = bundle('collection', version('2', 'stopped'), version('1', 'active'), patient);
  expect(await states(text)).toEqual([
    [0, 'stopped', null],
    [1, 'active', null],
  ]);
});
