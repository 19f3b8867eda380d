import { fault, type Fault } from '@caremesh/product';
import type { Dosage, Medicine } from '../../sources/fhir/resources.js';
import { clinicalCode, stated } from './coded.js';
import type { MedicationStatement } from './record.gen.js';

/**
 * How the medicine is taken. Texts of several instructions stand in the order they are followed, one on each line; amount, route and
 * "as needed" are given only where there is a single instruction, for a sum or a choice would be ours.
 */
export function doseOf(medicine: Medicine, faults: Fault[]): Partial<MedicationStatement> {
  const request = medicine.resourceType === 'MedicationRequest';
  const dosages = (request ? medicine.dosageInstruction : medicine.dosage) ?? [];
  const name = request ? '/dosageInstruction' : '/dosage';
  for (const [at, dosage] of dosages.entries())
    faults.push(...modifiersOf(dosage, `${name}/${at}`));
  const inOrder = followed(dosages);
  const only = dosages.length === 1 ? dosages[0] : undefined;
  const amounts = only?.doseAndRate ?? [];
  const amount = amounts.length === 1 ? amounts[0]!.doseQuantity : undefined;
  return {
    doseText: lines(inOrder.map(({ text }) => text)),
    patientInstruction: lines(inOrder.map((one) => one.patientInstruction)),
    doseValue: amount?.value ?? null,
    doseUnit: stated(amount?.unit) ?? stated(amount?.code),
    doseRouteCode: clinicalCode(only?.route, `${name}/0/route`, faults),
    asNeeded: asNeededOf(only),
  };
}

/** What changes the meaning of an instruction, or leaves open what it means (FHIR R4, 2.6.2; SimpleQuantity). */
function modifiersOf(dosage: Dosage, path: string): Fault[] {
  const { doseAndRate = [], modifierExtension = [], asNeededCodeableConcept } = dosage;
  const compared = doseAndRate.findIndex((one) => one.doseQuantity?.comparator !== undefined);
  const paths = [
    ...(modifierExtension.length > 0 ? ['modifierExtension'] : []),
    ...(compared >= 0 ? [`doseAndRate/${compared}/doseQuantity/comparator`] : []),
    ...(asNeededCodeableConcept && dosage.asNeededBoolean === false
      ? ['asNeededCodeableConcept']
      : []),
  ];
  return paths.map((one) => fault('fhirElementInvalid', `${path}/${one}`));
}

/**
 * Instructions by their `sequence`: equal ones are followed at the same time, and stand as they came (FHIR R4, Dosage).
 * Where one has none nothing tells when it is followed, and all stand as they came.
 */
function followed(dosages: readonly Dosage[]): readonly Dosage[] {
  if (dosages.some(({ sequence }) => sequence === undefined)) return dosages;
  return dosages.toSorted((a, b) => a.sequence! - b.sequence!);
}

const asNeededOf = (dosage: Dosage | undefined): boolean | null =>
  dosage?.asNeededBoolean ?? (dosage?.asNeededCodeableConcept ? true : null);

function lines(texts: (string | undefined)[]): string | null {
  const given = texts.map((text) => text?.trim()).filter(Boolean);
  return given.length > 0 ? given.join('\n') : null;
}
