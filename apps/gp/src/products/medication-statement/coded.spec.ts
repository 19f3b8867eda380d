import { Faulty, type Upsert } from '@caremesh/product';
import { describe, expect, it } from 'vitest';
import { fhir } from '../../sources/fhir.js';
import { toMedicationStatement } from './map.js';
import type { MedicationStatement } from './record.gen.js';

const request = {
  ...{ resourceType: 'MedicationRequest', id: 'r1', status: 'active', intent: 'order' },
  medicationCodeableConcept: { text: 'Amoxicillin 250mg capsules' },
  subject: { identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9434765919' } },
};
const statement = { ...request, resourceType: 'MedicationStatement', intent: undefined };

/** What the one resource becomes. */
async function upsertOf(resource: object): Promise<Upsert<MedicationStatement>> {
  async function* body() {
    yield Buffer.from(JSON.stringify(resource));
  }
  const input = {
    contentType: 'application/fhir+json',
    body: body(),
    environment: 'test',
  } as const;
  for await (const item of fhir.read(input)) {
    const changes = item.outcome ? null : toMedicationStatement(item.record);
    if (changes && !(changes instanceof Faulty)) return changes[0] as Upsert<MedicationStatement>;
  }
  throw new Error('it makes no record');
}
const contentOf = async (resource: object) => (await upsertOf(resource)).content;

describe('the code of a medicine', () => {
  const SNOMED = { system: 'http://snomed.info/sct', code: '27658006', display: 'Amoxicillin' };
  it.each([
    'https://dmd.nhs.uk',
    'https://dmd.nhs.uk/',
    'http://dmd.nhs.uk',
    'http://www.dmd.nhs.uk/',
  ])('is that of the dictionary of medicines, called %s', async (system) => {
    const coding = [SNOMED, { system, code: '39732311000001104', display: 'Amoxicillin 250mg' }];
    expect(await contentOf({ ...request, medicationCodeableConcept: { coding } })).toMatchObject({
      ...{ medicationCode: '39732311000001104', medicationDisplay: 'Amoxicillin 250mg' },
    });
  });

  it('is else of SNOMED CT, and of no other dictionary', async () => {
    const edition = { ...SNOMED, system: 'http://snomed.info/sct/83821000000107' };
    const other = { system: 'https://dmd.nhs.uk.example', code: '39732311000001104' };
    for (const [coding, medicationCode] of [
      [[other, edition], '27658006'],
      [[other], null],
    ] as const)
      expect(
        await contentOf({ ...request, medicationCodeableConcept: { coding, text: 'x' } }),
      ).toMatchObject({ medicationCode });
  });
});

describe('the course of a therapy', () => {
  const HL7 = 'http://terminology.hl7.org/CodeSystem/medicationrequest-course-of-therapy';
  const UK = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-MedicationRequestCourseOfTherapy';
  const ENGLAND = 'https://fhir.nhs.uk/CodeSystem/medicationrequest-course-of-therapy';
  const LOCAL = { system: 'https://emis.com/Id/course', code: 'R' };
  it.each([
    [[{ system: HL7, code: 'acute' }], 'acute'],
    [[{ system: UK, code: 'continuous-repeating-dispensing' }], 'continuous-repeating-dispensing'],
    [
      [{ system: ENGLAND, code: 'continuous-repeat-dispensing' }],
      'continuous-repeating-dispensing',
    ],
    [[LOCAL, { system: HL7, code: 'continuous' }], 'continuous'],
    // Of no system that is meant: for the contract to refuse.
    [[LOCAL], 'R'],
    [[{ system: HL7, code: 'now and then' }, LOCAL], 'now and then'],
  ])('%j is %s', async (coding, expected) => {
    const { courseOfTherapy } = await contentOf({ ...request, courseOfTherapyType: { coding } });
    expect(courseOfTherapy).toBe(expected);
  });
});

describe('the type of a prescription', () => {
  const UK = 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-PrescriptionType';
  const DM = 'https://fhir.nhs.uk/StructureDefinition/Extension-DM-PrescriptionType';
  const prescriber = { system: 'https://fhir.nhs.uk/CodeSystem/prescription-type', code: '0101' };
  const repeat = {
    system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-PrescriptionType',
    code: 'repeat',
  };
  const more = [{ system: 'https://emis.com/Id/type', code: 'RPT' }, repeat];
  it.each([
    ['who prescribes is none', [{ url: DM, valueCoding: prescriber }], null],
    ['UK Core says it', [{ url: UK, valueCodeableConcept: { coding: [repeat] } }], 'repeat'],
    [
      'also beside who prescribes, and in the system of its own',
      [
        { url: DM, valueCoding: prescriber },
        { url: UK, valueCodeableConcept: { coding: more } },
      ],
      'repeat',
    ],
  ])('%s', async (_, extension, expected) => {
    expect((await contentOf({ ...request, extension })).prescriptionType).toBe(expected);
  });
});

describe('who prescribes', () => {
  const AGENCY =
    'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-MedicationPrescribingOrganizationType';
  const by = (code: string) => [{ url: AGENCY, valueCodeableConcept: { coding: [{ code }] } }];
  const practice = {
    identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'B82005' },
  };
  const told = { ...statement, informationSource: practice };
  const asked = { ...request, requester: practice };
  it.each([
    [
      'a practice that was told of it by others does not',
      told,
      'prescribed-by-another-organisation',
      null,
    ],
    ['a practice that says it of itself does', told, 'prescribed-at-gp-practice', 'B82005'],
    ['whoever asks for it does', asked, 'prescribed-by-another-organisation', 'B82005'],
  ])('%s', async (_, resource, code, prescribingOds) => {
    expect(await contentOf({ ...resource, extension: by(code) })).toMatchObject({
      ...{ prescribingAgency: code, prescribingOds },
    });
  });
});

it.each([
  'https://fhir.nhs.uk/Id/nhs-number',
  'http://fhir.nhs.uk/Id/nhs-number',
  'https://fhir.nhs.uk/id/nhs-number/',
  'https://fhir.hl7.org.uk/Id/nhs-number',
  'http://fhir.nhs.net/Id/nhs-number',
  'urn:oid:2.16.840.1.113883.2.1.4.1',
])('a number of the system %s is an NHS number', async (system) => {
  const ODS = 'http://fhir.nhs.uk/Id/ods-organization-code';
  const identifier = {
    ...{ system, value: '9434765919' },
    // Issued by a practice, it would else be an identifier of that practice.
    assigner: { identifier: { system: ODS, value: 'B82005' } },
  };
  const { person } = await upsertOf({ ...request, subject: { identifier } });
  expect(person).toEqual({ nhsNumber: '9434765919', nhsNumberStatus: '02', local: null });
});
