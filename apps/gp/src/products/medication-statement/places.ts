import type { Places } from '@caremesh/product';
import type { MedicationStatement } from './record.gen.js';

/**
 * Where a statement or request states each field, from the resource down. Not those of a dose, which a statement and a request have
 * in different elements, nor what is taken from the first of several.
 */
export const places: Places<MedicationStatement> = {
  recordId: '/id',
  nhsNumber: '/subject/identifier',
  nhsNumberStatus: '/subject/identifier/extension',
  localPatientId: '/subject/identifier',
  localPatientIdIssuer: '/subject/identifier/assigner',
  medicationStatementId: '/id',
  recordedAs: '/resourceType',
  prescriptionType: '/extension/PrescriptionType',
  medicationCode: '/medicationCodeableConcept/coding',
  medicationDisplay: '/medicationCodeableConcept/coding',
  medicationText: '/medicationCodeableConcept/text',
  status: '/status',
  statusReasonText: '/statusReason',
  requestIntent: '/intent',
  courseOfTherapy: '/courseOfTherapyType',
  quantityValue: '/dispenseRequest/quantity',
  quantityUnit: '/dispenseRequest/quantity',
  expectedSupplyDays: '/dispenseRequest/expectedSupplyDuration',
  repeatsAllowed: '/dispenseRequest/numberOfRepeatsAllowed',
  effectiveEnd: '/effectivePeriod/end',
  repeatsIssued: '/extension/RepeatInformation',
  reviewDate: '/extension/RepeatInformation',
  lastIssued: '/extension/LastIssueDate',
  dateAsserted: '/dateAsserted',
  authoredAt: '/authoredOn',
  reasonCode: '/reasonCode',
  birthDate: '/subject/birthDate',
  postcode: '/subject/address',
  administrativeGender: '/subject/gender',
  ethnicCategory: '/subject/extension/EthnicCategory',
  gpPracticeOds: '/subject/generalPractitioner',
};
