import type { Change, Joined, Upsert } from '@caremesh/product';
import type { Activity, Contact, CsdsRow, Patient, Referral } from '../../sources/csds/rows.js';
import type { CareActivity, CareContact } from './record.gen.js';

/**
 * A care contact with the referral it belongs to, the person it is with, and what was done in it.
 * Codes are passed on as they were read: the contract says which are right.
 */
export function mapCareContact({
  root,
  ancestors,
  children,
}: Joined<CsdsRow>): Change<CareContact>[] {
  const contact = root as Contact;
  const referral = ancestors.CYP101 as Referral;
  const patient = ancestors.CYP001 as Patient;
  const activities = ((children.CYP202 ?? []) as Activity[]).toSorted(byIdentifier);
  return [
    {
      change: 'upsert',
      sourceRecordId: contact.key,
      person: patient.person,
      publisherOds: contact.providerOds,
      at: latest(contact, referral, patient, activities),
      content: contentOf(contact, referral, patient, activities.map(activityOf)),
    },
  ];
}

/** One literal of all fields: spreading several into one costs ten times the time of the whole mapping. */
function contentOf(
  contact: Contact,
  referral: Referral,
  patient: Patient,
  activities: CareActivity[],
): Upsert<CareContact>['content'] {
  return {
    careContactIdentifier: contact.careContactId,
    serviceRequestIdentifier: referral.serviceRequestId,
    careProfessionalTeamLocalIdentifier: contact.team,
    providerOds: contact.providerOds,
    // The contact's own commissioner, where one is stated; most returns state it on the referral.
    commissionerOds: contact.commissionerOds ?? referral.commissionerOds,
    careContactDate: contact.date,
    careContactAt: contact.moment,
    administrativeCategory: contact.administrativeCategory,
    clinicalContactDurationMinutes: contact.duration,
    consultationType: contact.consultationType,
    careContactSubject: contact.subject,
    consultationMechanismCommunityCare: contact.mechanism,
    activityLocationTypeCode: contact.locationType,
    siteOds: contact.siteOds,
    groupTherapyIndicator: contact.groupTherapy,
    attendanceStatus: contact.attendance,
    earliestReasonableOfferDate: contact.earliestReasonableOffer,
    earliestClinicallyAppropriateDate: contact.earliestAppropriate,
    cancellationDate: contact.cancelledOn,
    cancellationReason: contact.cancellationReason,
    replacementOfferedDate: contact.replacementOffered,
    replacementBookedDate: contact.replacementBooked,
    referralReceivedDate: referral.receivedDate,
    sourceOfReferralForCommunity: referral.source,
    referringOds: referral.referringOds,
    priorityTypeCode: referral.priority,
    primaryReasonForReferral: referral.reason,
    serviceDischargeDate: referral.dischargeDate,
    activities,
    birthDate: patient.birthDate,
    postcode: patient.postcode,
    personStatedGender: patient.gender,
    ethnicCategory: patient.ethnicCategory,
  };
}

const activityOf = (activity: Activity): CareActivity => ({
  careActivityIdentifier: activity.careActivityId,
  communityCareActivityType: activity.type,
  careProfessionalLocalIdentifier: activity.professional,
  durationMinutes: activity.duration,
  codedProcedureSnomed: activity.procedure,
  codedFindingScheme: activity.findingScheme,
  codedFinding: activity.finding,
  codedObservationScheme: activity.observationScheme,
  codedObservation: activity.observation,
  observationValue: activity.value,
  ucumUnit: activity.unit,
});

/** Rows arrive in any order; the record must not depend on it. */
const byIdentifier = (a: Activity, b: Activity): number =>
  a.careActivityId < b.careActivityId ? -1 : Number(a.careActivityId > b.careActivityId);

/** The newest return any of the rows is from: a record is as new as the newest thing it says. */
function latest(
  contact: Contact,
  referral: Referral,
  patient: Patient,
  activities: Activity[],
): string | null {
  let newest = later(later(contact.at, referral.at), patient.at);
  for (const { at } of activities) newest = later(newest, at);
  return newest;
}

const later = (a: string | null, b: string | null): string | null =>
  a === null || (b !== null && b > a) ? b : a;
