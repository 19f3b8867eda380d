import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Change, Upsert } from '@caremesh/product';
import { toMedicationStatement } from '../products/medication-statement/map.js';
import type { MedicationStatement } from '../products/medication-statement/record.gen.js';
import { fhir } from './fhir.js';

const samples = new URL('../../../../libs/testing/samples/', import.meta.url);

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  yield readFileSync(new URL(file, samples));
}

it('a prescription of the national service, in the Bundle of a search, gives the record a reviewer would write', async () => {
  const file = 'fhir-r4-eps/verify-signature-request.json';
  const input = {
    ...{ contentType: 'application/fhir+json', environment: 'test' as const },
    body: bytesOf(file),
  };
  const records = [];
  for await (const item of fhir.read(input)) if (!item.outcome) records.push(item.record);
  const changes = records.map(toMedicationStatement) as Change<MedicationStatement>[][];
  const [upsert] = changes.flat() as Upsert<MedicationStatement>[];
  const day = (text: string) => Date.parse(text) / 86_400_000;
  expect(changes.flat()).toHaveLength(1);
  expect(upsert).toMatchObject({
    person: { nhsNumber: '9449305552', nhsNumberStatus: '02', local: null },
    content: {
      medicationStatementId: 'ecaf5343-1d73-4799-98f9-e5b6b93f1e1e',
      medicationCode: '15517911000001104',
      status: 'active',
      // Extension-DM-PrescriptionType says who prescribes, not whether the prescription is acute or repeats.
      prescriptionType: null,
      requestIntent: 'reflex-order',
      courseOfTherapy: 'continuous-repeating-dispensing',
      doseText: '10 milligram, Inject, Subcutaneous route, once weekly',
      ...{ quantityValue: 63, quantityUnit: 'tablet', expectedSupplyDays: 28 },
      ...{ repeatsAllowed: 5, repeatsIssued: 1, reviewDate: day('2020-12-07') },
      authoredAt: Date.parse('2022-02-17T11:01:38Z'),
      prescribingOds: 'A99968',
    },
  });
});

it('a patient of the national service is with the practice last known, and lives nowhere known once the address has ended', async () => {
  const patient: unknown = JSON.parse(
    readFileSync(new URL('fhir-r4-pds/Patient.json', samples), 'utf8'),
  );
  const statement = (lastUpdated?: string) => ({
    ...{ resourceType: 'MedicationStatement', id: 's', status: 'active', meta: { lastUpdated } },
    medicationCodeableConcept: { text: 'Aspirin' },
    subject: { reference: 'Patient/9000000009' },
  });
  for (const [time, postcode] of [
    [undefined, 'LS1 6AE'],
    ['2025-06-01T09:00:00Z', 'LS1 6AE'],
    ['2026-06-01T09:00:00Z', null],
  ] as const) {
    const entry = [patient, statement(time)].map((resource) => ({ resource }));
    async function* body() {
      yield Buffer.from(JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry }));
    }
    const input = { contentType: 'application/fhir+json', environment: 'test' as const };
    for await (const item of fhir.read({ ...input, body: body() }))
      expect(!item.outcome && toMedicationStatement(item.record)).toMatchObject([
        {
          person: { nhsNumber: '9000000009', nhsNumberStatus: '01', local: null },
          publisherOds: 'Y12345',
          content: { gpPracticeOds: 'Y12345', postcode },
        },
      ]);
  }
});

/** Kind, outcome and codes of every item of a sample file. */
async function read(file: string): Promise<string[]> {
  const found: string[] = [];
  const input = {
    contentType: 'application/fhir+json',
    body: bytesOf(file),
    environment: 'test',
  } as const;
  for await (const item of fhir.read(input))
    found.push(
      `${item.sourceId} ${item.outcome ? `${item.outcome} ${item.errors.map((one) => one.code).join(' ')}` : 'read'}`,
    );
  return found;
}
const times = (count: number, text: string): string[] => Array.from({ length: count }, () => text);

describe('files of other kinds are answered with the reason', () => {
  it.each([
    ['fhir-r4-pds/Patient.json', ['Patient notUsed MESH-2141']],
    ['fhir-r4-pds/PatientSearch.json', ['Patient notUsed MESH-2141']],
    ['fhir-r4-pds/Sensitive_Patient.json', ['Patient notUsed MESH-2141']],
    ['fhir-r4-pds/Minimal_Patient.json', ['Patient notUsed MESH-2141']],
    ['fhir-r4-pds/RelatedPersonBundle.json', ['RelatedPerson notUsed MESH-2141']],
    [
      'fhir-stu3-gpconnect/book_appt_request_example.json',
      ['Appointment notUsed MESH-2141 MESH-2135'],
    ],
    [
      'fhir-stu3-gpconnect/read_appt_response_example.json',
      ['Appointment notUsed MESH-2141 MESH-2135'],
    ],
  ])('%s', async (file, expected) => {
    expect(await read(file)).toEqual(expected);
  });

  it('a GP Connect medication record is FHIR STU3: its medicines are refused, the rest is left out', async () => {
    const items = (await read('fhir-stu3-gpconnect/meds_response.json')).map((one) =>
      one.replace(/\/\S+/, ''),
    );
    const refused = items.filter((one) => one.includes('quarantined'));
    expect(refused).toEqual([
      ...times(2, 'MedicationStatement quarantined MESH-2135'),
      ...times(5, 'MedicationRequest quarantined MESH-2135'),
    ]);
    expect(new Set(items.filter((one) => !refused.includes(one)))).toEqual(
      new Set(
        ['Patient', 'Organization', 'Practitioner', 'PractitionerRole', 'List', 'Medication'].map(
          (kind) => `${kind} notUsed MESH-2141 MESH-2135`,
        ),
      ),
    );
  });
});
