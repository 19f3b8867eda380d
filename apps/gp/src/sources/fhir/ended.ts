import { lastMomentOf } from '@caremesh/product';
import type { Medicine, Patient } from './resources.js';

/** A record's resource and its patient, or a patient who came alone: what tells at what time something has ended. */
export type Dated = { medicine?: Medicine; patient: Patient | null };

/**
 * The time (ms) of a resource: when it was last changed, else when it was written or asserted, else since when it is true. The patient
 * is what says what has ended, so it is no earlier than when that was last changed. Null if nothing says so.
 */
export function timeOf({ medicine, patient }: Dated): number | null {
  const times = [medicine && ownTimeOf(medicine), lastMomentOf(patient?.meta?.lastUpdated)];
  const known = times.filter((time) => typeof time === 'number');
  return known.length > 0 ? Math.max(...known) : null;
}

function ownTimeOf(medicine: Medicine): number | null {
  const stated =
    medicine.resourceType === 'MedicationRequest'
      ? [medicine.authoredOn]
      : [medicine.dateAsserted, medicine.effectiveDateTime, medicine.effectivePeriod?.start];
  const times = [medicine.meta?.lastUpdated, ...stated].map(lastMomentOf);
  return times.find((time) => time !== null) ?? null;
}
