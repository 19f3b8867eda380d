import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fhir } from './fhir.js';

const samples = new URL('../../../../libs/testing/samples/', import.meta.url);

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  yield readFileSync(new URL(file, samples));
}

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
