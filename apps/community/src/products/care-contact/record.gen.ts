// Generated from schemas/community/care-contact/v1/schema.avsc; do not edit.

/** What was done in the contact, in the order of the record. */
export type CareActivity = {
  /** The provider's own identifier of the activity. */
  careActivityIdentifier: string | null;
  /** Kind of activity. */
  communityCareActivityType: string | null;
  /** The provider's own identifier of the professional. */
  careProfessionalLocalIdentifier: string | null;
  /** Length of the activity. */
  durationMinutes: number | null;
  /** What was done. */
  codedProcedureSnomed: string | null;
  /** Code system of the finding. */
  codedFindingScheme: string | null;
  /** What was found, in the code system named. */
  codedFinding: string | null;
  /** Code system of the observation. */
  codedObservationScheme: string | null;
  /** What was measured, in the code system named. */
  codedObservation: string | null;
  /** Result of the measurement, at most ten characters as in the national data set. */
  observationValue: string | null;
  /** Unit of the measurement. */
  ucumUnit: string | null;
};

/** Each contact of a person with a community service (district nursing, therapies, health visiting and others), with what was done. */
export type CareContact = {
  /** Identifies the record within the product for its whole life. Made by the publisher from its own identifier under a secret key, so it says nothing by itself. */
  recordId: string;
  /** The person's NHS number: ten digits, the last a modulus 11 check digit. Null when it is not known. */
  nhsNumber: string | null;
  /** How far the NHS number has been checked with the national service. */
  nhsNumberStatus: string;
  /** The identifier by which the publisher's own system knows the person. */
  localPatientId: string | null;
  /** ODS code of the organisation that issued the local person identifier. Null when there is none. */
  localPatientIdIssuer: string | null;
  /** ODS code of the organisation whose record this is. */
  publisherOds: string;
  /** When the publisher's service accepted this state of the record. Milliseconds since 1970-01-01T00:00:00Z. */
  recordedAt: number;
  /** When the source system says it last changed the record. Null when it does not say. Milliseconds since 1970-01-01T00:00:00Z. */
  sourceSystemUpdatedAt: number | null;
  /** What happened: CREATED, UPDATED, RETRACTED (the source says the record should never have been) or MERGED (the person turned out to be somebody already known). */
  changeType: 'CREATED' | 'UPDATED' | 'RETRACTED' | 'MERGED' | 'UNKNOWN';
  /** For MERGED only: the key of the person under whom the record continues. */
  survivorKey: string | null;
  /** The provider's own identifier of the contact. */
  careContactIdentifier: string | null;
  /** The provider's own identifier of the referral the contact belongs to. */
  serviceRequestIdentifier: string | null;
  /** Team that made the contact, in the provider's own code. */
  careProfessionalTeamLocalIdentifier: string | null;
  /** ODS code of the provider. */
  providerOds: string | null;
  /** ODS code of the organisation that commissions the service. */
  commissionerOds: string | null;
  /** Day of the contact, UK local time. Days since 1970-01-01. */
  careContactDate: number | null;
  /** Date and time of the contact. Null when the time was not recorded. Milliseconds since 1970-01-01T00:00:00Z. */
  careContactAt: number | null;
  /** NHS or private. */
  administrativeCategory: string | null;
  /** Length of the contact. */
  clinicalContactDurationMinutes: number | null;
  /** Initial or follow-up. */
  consultationType: string | null;
  /** With whom the contact was. */
  careContactSubject: string | null;
  /** How the two sides communicated. */
  consultationMechanismCommunityCare: string | null;
  /** Kind of place of the contact. */
  activityLocationTypeCode: string | null;
  /** ODS code of the site of treatment. */
  siteOds: string | null;
  /** Whether it was a group session. */
  groupTherapyIndicator: string | null;
  /** Whether the person attended. */
  attendanceStatus: string | null;
  /** Earliest date reasonably offered. Days since 1970-01-01. */
  earliestReasonableOfferDate: number | null;
  /** Earliest date on which the contact was clinically appropriate. Days since 1970-01-01. */
  earliestClinicallyAppropriateDate: number | null;
  /** Day on which the contact was cancelled. Days since 1970-01-01. */
  cancellationDate: number | null;
  /** Why the contact was cancelled. */
  cancellationReason: string | null;
  /** Date on which a replacement was offered. Days since 1970-01-01. */
  replacementOfferedDate: number | null;
  /** Date on which a replacement was booked. Days since 1970-01-01. */
  replacementBookedDate: number | null;
  /** Day on which the referral was received. Days since 1970-01-01. */
  referralReceivedDate: number | null;
  /** Who referred the person. */
  sourceOfReferralForCommunity: string | null;
  /** ODS code of the organisation that referred. */
  referringOds: string | null;
  /** Priority of the referral. */
  priorityTypeCode: string | null;
  /** Primary reason for the referral. */
  primaryReasonForReferral: string | null;
  /** Day on which the referral ended. Days since 1970-01-01. */
  serviceDischargeDate: number | null;
  /** What was done in the contact, in the order of the record. */
  activities: CareActivity[];
  /** The person's date of birth. In a view for any purpose but individual care it may appear only as an age band. Days since 1970-01-01. */
  birthDate: number | null;
  /** Postcode of the person's usual address. In a view it may appear only as a small area (LSOA). */
  postcode: string | null;
  /** Gender as stated by the person. */
  personStatedGender: string | null;
  /** Ethnic category as stated by the person. */
  ethnicCategory: string | null;
  /** ODS code of the practice with which the person is registered. */
  gpPracticeOds: string | null;
};
