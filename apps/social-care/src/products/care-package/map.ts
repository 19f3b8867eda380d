import type { Change } from '@caremesh/product';
import type { ServiceEvent } from '../../sources/cld/service-event.js';
import type { CarePackage } from './record.gen.js';

/** A service event as a care package. Words are passed on in release 2's spelling: the contract says which are right. */
export function mapCarePackage(event: ServiceEvent): Change<CarePackage>[] {
  return [
    {
      change: 'upsert',
      sourceRecordId: event.eventKey,
      person: event.person,
      publisherOds: event.laCode,
      at: event.at,
      content: { ...serviceOf(event), ...circumstancesOf(event) },
    },
  ];
}

const serviceOf = (event: ServiceEvent) => ({
  laCode: event.laCode,
  eventReference: event.eventReference,
  clientType: event.clientType,
  serviceType: event.serviceType,
  serviceComponent: event.serviceComponent,
  deliveryMechanism: event.deliveryMechanism,
  providerCqcLocationId: event.providerId,
  providerCqcLocationName: event.providerName,
  startDate: event.startDate,
  endDate: event.endDate,
  eventDescription: event.description,
  eventOutcome: event.outcome,
  plannedUnitsPerWeek: event.plannedUnits,
  unitCost: event.unitCost,
  costFrequencyUnitType: event.costUnit,
  clientFundingStatus: event.fundingStatus,
  fullCostClient: event.fullCostClient,
  // Release 2 has no column that says so.
  suspended: null,
  reportingPeriodStart: event.periodStart,
  reportingPeriodEnd: event.periodEnd,
});

const circumstancesOf = (event: ServiceEvent) => ({
  primarySupportReason: event.primarySupportReason,
  accommodationStatus: event.accommodationStatus,
  employmentStatus: event.employmentStatus,
  hasUnpaidCarer: event.hasUnpaidCarer,
  autismSpectrumDisorder: event.autism,
  visualImpairment: event.visualImpairment,
  hearingImpairment: event.hearingImpairment,
  dementia: event.dementia,
  birthDate: event.birthDate,
  postcode: event.postcode,
  gender: event.gender,
  ethnicity: event.ethnicity,
  gpPracticeOds: event.gpPracticeOds,
});
