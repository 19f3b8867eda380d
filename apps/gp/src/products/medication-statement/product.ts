import { defineProduct } from '@caremesh/product';
import { organisation } from '../../organisation.js';
import { fhir } from '../../sources/fhir.js';
import { toMedicationStatement } from './map.js';
import { places } from './places.js';
import type { MedicationStatement } from './record.gen.js';

/** What people take or are prescribed, as general practice records it. */
export const medicationStatement = defineProduct({
  contract: 'gp/medication-statement/v1',
  from: fhir,
  map: toMedicationStatement,
  places,
  restricted: { publisherOds: organisation.ods, shows: withoutPlace },
});

/** A record without what tells where the person lives, or where they go for care (ADR 025). */
function withoutPlace(record: Partial<MedicationStatement>): Partial<MedicationStatement> {
  return { ...record, postcode: null, gpPracticeOds: null, prescribingOds: null };
}
