import { defineProduct } from '@caremesh/product';
import { fhir } from '../../sources/fhir.js';
import { toMedicationStatement } from './map.js';
import { places } from './places.js';

/** What people take or are prescribed, as general practice records it. */
export const medicationStatement = defineProduct({
  contract: 'gp/medication-statement/v1',
  from: fhir,
  map: toMedicationStatement,
  places,
});
