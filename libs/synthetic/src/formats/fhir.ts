import { isoDay } from '../life/day.js';
import type { Life, Medication } from '../life/life.js';
import { TODAY } from '../life/person.js';
import type { Person } from '../life/person.js';

/** FHIR R4, UK Core: as a practice's system gives medication records. */
export type Resource = { resourceType: string; id: string; [element: string]: unknown };

const NHS_NUMBER = 'https://fhir.nhs.uk/Id/nhs-number';
const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
const SNOMED = 'http://snomed.info/sct';
const UK_CORE = 'https://fhir.hl7.org.uk/StructureDefinition';

const patientOf = (person: Person): Resource => ({
  resourceType: 'Patient',
  id: `patient-${person.index}`,
  meta: { profile: [`${UK_CORE}/UKCore-Patient`] },
  identifier: [
    {
      extension: [
        {
          url: `${UK_CORE}/Extension-UKCore-NHSNumberVerificationStatus`,
          valueCodeableConcept: {
            coding: [
              {
                system:
                  'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland',
                code: '01',
              },
            ],
          },
        },
      ],
      system: NHS_NUMBER,
      value: person.nhsNumber,
    },
  ],
  name: [{ use: 'official', family: person.family, given: [person.given] }],
  gender: person.gender,
  birthDate: isoDay(person.born),
  address: [
    {
      use: 'home',
      line: [person.address.line],
      city: person.address.town,
      postalCode: person.address.postcode,
    },
  ],
  generalPractitioner: [{ identifier: { system: ODS, value: person.practice } }],
});

/** How a record names its medicine; sources use all three. */
export type Naming = 'coded' | 'contained' | 'bundled';

/** A medication record as a resource; `patient` is how it refers to its person beside the NHS number. */
export function medicationResource(
  person: Person,
  medication: Medication,
  { naming, patient }: { naming: Naming; patient?: string },
): Resource {
  const common = {
    id: medication.id,
    meta: { lastUpdated: `${isoDay(medication.ended ?? medication.started)}T12:00:00+00:00` },
    ...medicineOf(medication, naming),
    subject: {
      ...(patient ? { reference: patient } : {}),
      identifier: { system: NHS_NUMBER, value: person.nhsNumber },
    },
  };
  return medication.recordedAs === 'request'
    ? requestOf(person, medication, common)
    : statementOf(person, medication, common);
}

type Common = { id: string; [element: string]: unknown };

function statementOf(person: Person, medication: Medication, common: Common): Resource {
  return {
    resourceType: 'MedicationStatement',
    ...common,
    extension: [
      {
        url: `${UK_CORE}/Extension-UKCore-MedicationStatementLastIssueDate`,
        valueDateTime: isoDay(Math.max(medication.started, (medication.ended ?? TODAY) - 20)),
      },
    ],
    identifier: [{ system: 'https://practice.example/medication', value: medication.id }],
    status: medication.status,
    effectivePeriod: {
      start: isoDay(medication.started),
      ...(medication.ended === null ? {} : { end: isoDay(medication.ended) }),
    },
    dateAsserted: isoDay(medication.started),
    informationSource: { identifier: { system: ODS, value: person.practice } },
    dosage: [{ text: medication.product.dose }],
  };
}

function requestOf(person: Person, medication: Medication, common: Common): Resource {
  const { product, status } = medication;
  return {
    resourceType: 'MedicationRequest',
    ...common,
    identifier: [{ system: 'https://practice.example/medication', value: medication.id }],
    status,
    intent: 'order',
    authoredOn: isoDay(medication.started),
    requester: { identifier: { system: ODS, value: person.practice } },
    dosageInstruction: [{ text: product.dose }],
    dispenseRequest: {
      quantity: { value: medication.quantity, unit: product.unit },
      expectedSupplyDuration: {
        value: 28,
        unit: 'day',
        system: 'http://unitsofmeasure.org',
        code: 'd',
      },
    },
  };
}

const codeOf = ({ product }: Medication) => ({
  coding: [{ system: SNOMED, code: product.code, display: product.display }],
});

function medicineOf(medication: Medication, naming: Naming): object {
  if (naming === 'coded') return { medicationCodeableConcept: codeOf(medication) };
  if (naming === 'bundled')
    return { medicationReference: { reference: `Medication/med-${medication.id}` } };
  return {
    contained: [{ resourceType: 'Medication', id: 'med', code: codeOf(medication) }],
    medicationReference: { reference: '#med' },
  };
}

/** A Bundle of lives: each person, their medicines and what is recorded of them. */
export function bundleOf(lives: Life[]): object {
  const entry = lives.flatMap(({ person, medications }) =>
    [
      patientOf(person),
      ...medications.flatMap((medication) => [
        { resourceType: 'Medication', id: `med-${medication.id}`, code: codeOf(medication) },
        medicationResource(person, medication, {
          naming: 'bundled',
          patient: `Patient/patient-${person.index}`,
        }),
      ]),
    ].map((resource) => ({
      fullUrl: `https://practice.example/fhir/${resource.resourceType}/${resource.id}`,
      resource,
    })),
  );
  return { resourceType: 'Bundle', type: 'collection', entry };
}

/** The resources of a life, each complete in itself, one NDJSON line each. */
export const ndjsonLines = ({ person, medications }: Life): string[] =>
  medications.map((medication, position) =>
    JSON.stringify(
      medicationResource(person, medication, { naming: position % 2 ? 'contained' : 'coded' }),
    ),
  );
