import { fault, type Fault } from '@caremesh/product';
import type { Medicine } from '../../sources/fhir/resources.js';
import { extensionOf } from '../../sources/fhir/extension.js';
import { stated } from './coded.js';
import type { MedicationStatement } from './record.gen.js';
import { dayOf } from './time.js';

/** Days in the units of time that have a fixed number of them (UCUM). */
const DAYS: Record<string, number> = { d: 1, day: 1, days: 1, wk: 7, week: 7, weeks: 7 };

/** What is supplied each time, for how long and how often: of a request, with UK Core's repeat information. */
export function supplyOf(medicine: Medicine, faults: Fault[]): Partial<MedicationStatement> {
  const supply =
    medicine.resourceType === 'MedicationRequest' ? medicine.dispenseRequest : undefined;
  for (const path of meantOtherwise(supply))
    faults.push(fault('fhirElementInvalid', `/dispenseRequest/${path}`));
  const repeats = extensionOf(medicine.extension, 'MedicationRepeatInformation')?.extension;
  const issued = extensionOf(repeats, 'numberOfPrescriptionsIssued');
  const expiry = extensionOf(repeats, 'authorisationExpiryDate');
  return {
    quantityValue: supply?.quantity?.value ?? null,
    quantityUnit: stated(supply?.quantity?.unit) ?? stated(supply?.quantity?.code),
    expectedSupplyDays: daysOf(supply?.expectedSupplyDuration),
    repeatsAllowed: supply?.numberOfRepeatsAllowed ?? null,
    repeatsIssued: issued?.valueUnsignedInt ?? issued?.valueInteger ?? null,
    reviewDate: dayOf(
      expiry?.valueDateTime ?? expiry?.valueDate,
      '/extension/RepeatInformation',
      faults,
    ),
  };
}

type Supply = Extract<Medicine, { resourceType: 'MedicationRequest' }>['dispenseRequest'];

/** Elements that change the meaning of what is supplied (FHIR R4, 2.6.2). */
const meantOtherwise = (supply: Supply): string[] => [
  ...(supply?.modifierExtension?.length ? ['modifierExtension'] : []),
  ...(supply?.quantity?.comparator === undefined ? [] : ['quantity/comparator']),
  ...(supply?.expectedSupplyDuration?.comparator === undefined
    ? []
    : ['expectedSupplyDuration/comparator']),
];

function daysOf(
  duration: { value?: number; unit?: string; code?: string } | undefined,
): number | null {
  const factor = DAYS[duration?.code ?? duration?.unit ?? ''];
  if (duration?.value === undefined || factor === undefined) return null;
  return Math.round(duration.value * factor);
}
