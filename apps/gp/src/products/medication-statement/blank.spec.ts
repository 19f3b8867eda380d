import { Faulty, type Upsert } from '@caremesh/product';
import { expect, it } from 'vitest';
import { fhir } from '../../sources/fhir.js';
import { toMedicationStatement } from './map.js';
import type { MedicationStatement } from './record.gen.js';

const DMD = { system: 'https://dmd.nhs.uk', code: '39732311000001104' };
const LOCAL = { system: 'https://emis.com/Id/drug', code: 'AMOX' };
const statement = {
  ...{ resourceType: 'MedicationStatement', id: 's1', status: 'active' },
  medicationCodeableConcept: { text: 'Amoxicillin' },
  subject: { identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9434765919' } },
};
const request = { ...statement, resourceType: 'MedicationRequest', intent: 'order' };
const BLANKS = ['', ' ', '\t\r\n', '\u00a0'];

/** What is published of the one resource, or each fault. */
async function becomes(resource: object): Promise<Partial<MedicationStatement> | string[]> {
  async function* body() {
    yield Buffer.from(JSON.stringify(resource));
  }
  const contentType = 'application/fhir+json';
  for await (const item of fhir.read({ contentType, body: body(), environment: 'test' })) {
    if (item.outcome) return item.errors.map(({ code, path }) => `${code} ${path}`);
    const result = toMedicationStatement(item.record);
    if (result instanceof Faulty) return result.faults.map(({ code, path }) => `${code} ${path}`);
    return (result[0] as Upsert<MedicationStatement>).content;
  }
  throw new Error('it makes nothing');
}
const named = (concept: object, more: object = {}) =>
  becomes({ ...statement, medicationCodeableConcept: concept, ...more });

it.each(BLANKS)('a medicine of which no more is said than %j is none', async (text) => {
  const NONE = ['MESH-2133 /medicationCodeableConcept'];
  expect(await named({ text })).toEqual(NONE);
  expect(await named({ text, coding: [] })).toEqual(NONE);
  expect(await named({ text, coding: [{ display: text }] })).toEqual(NONE);
  expect(await named({ coding: [{ ...LOCAL, code: text }] })).toEqual(NONE);
  const referred = { medicationCodeableConcept: undefined };
  expect(
    await becomes({ ...statement, ...referred, medicationReference: { display: text } }),
  ).toEqual(NONE);
  expect(
    await becomes({
      ...{ ...statement, ...referred, medicationReference: { reference: '#m' } },
      contained: [{ resourceType: 'Medication', id: 'm', code: { text } }],
    }),
  ).toEqual(NONE);
});

it.each(BLANKS)('%j beside a code is no text and no name', async (text) => {
  expect(await named({ text, coding: [{ ...DMD, display: text }] })).toMatchObject({
    ...{ medicationCode: DMD.code, medicationDisplay: null, medicationText: null },
  });
  expect(await named({ text, coding: [{ ...LOCAL, display: 'Amoxicillin' }] })).toMatchObject({
    ...{ medicationCode: null, medicationDisplay: null, medicationText: 'Amoxicillin' },
  });
  expect(
    await named({ text, coding: [{ ...LOCAL, display: text }, { display: 'Amoxicillin' }] }),
  ).toMatchObject({ medicationText: 'Amoxicillin' });
});

it.each(BLANKS)('%j elsewhere is not said, and refuses nothing', async (text) => {
  const doseQuantity = { value: 5, unit: text };
  const blank = { text, patientInstruction: text, doseAndRate: [{ doseQuantity }] };
  const nothing = { doseText: null, patientInstruction: null, doseValue: 5, doseUnit: null };
  const reasons = [{ text }, { text, coding: [{ display: text }] }];
  expect(
    await becomes({ ...statement, dosage: [blank], statusReason: reasons, reasonCode: [{ text }] }),
  ).toMatchObject({ ...nothing, statusReasonText: null, reasonCode: null });
  const coded = { ...blank, doseAndRate: [{ doseQuantity: { ...doseQuantity, code: 'ml' } }] };
  const quantity = { value: 28, unit: text };
  for (const [code, quantityUnit] of [
    [undefined, null],
    [text, null],
    ['{tablet}', '{tablet}'],
  ])
    expect(
      await becomes({
        ...{ ...request, dosageInstruction: [coded], statusReason: { text } },
        dispenseRequest: { quantity: { ...quantity, code } },
      }),
    ).toMatchObject({ ...nothing, doseUnit: 'ml', statusReasonText: null, quantityUnit });
});

it('what is said stands as it came', async () => {
  expect(await named({ text: ' Amoxicillin ' })).toMatchObject({ medicationText: ' Amoxicillin ' });
});
