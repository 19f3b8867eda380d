import { csvTable } from '@caremesh/product';

/**
 * The four CSDS v1.6 tables (DAPB1069) that make a care contact, by the names of the NHS Data Dictionary; the
 * short names are those of the submission's own database. Required: mandatory in the data set, or needed to
 * join. National extracts carry many more columns; they are left unread.
 */
const PROVIDER = {
  heading: 'ORGANISATION IDENTIFIER (CODE OF PROVIDER)',
  also: ['OrgID_Provider'],
  anywhere: true,
};
const PERIOD_END = {
  heading: 'REPORTING PERIOD END DATE',
  also: ['RP_EndDate'],
  anywhere: true,
};

export const CYP001 = csvTable('CYP001', {
  localPatientId: {
    heading: 'LOCAL PATIENT IDENTIFIER (EXTENDED)',
    also: ['LocalPatientID'],
    required: true,
  },
  localPatientIdIssuer: {
    heading: 'ORGANISATION IDENTIFIER (LOCAL PATIENT IDENTIFIER)',
    also: ['OrgID_LocalPatientID'],
    required: true,
  },
  nhsNumber: { heading: 'NHS NUMBER', required: true },
  nhsNumberStatus: {
    heading: 'NHS NUMBER STATUS INDICATOR CODE',
    also: ['NHSNumber_Status'],
    required: true,
  },
  birthDate: { heading: 'PERSON BIRTH DATE', also: ['DateOfBirth'] },
  postcode: { heading: 'POSTCODE OF USUAL ADDRESS', also: ['Postcode'] },
  gender: { heading: 'PERSON STATED GENDER CODE', also: ['Gender'] },
  ethnicCategory: { heading: 'ETHNIC CATEGORY' },
  provider: PROVIDER,
  periodEnd: PERIOD_END,
});

export const CYP101 = csvTable('CYP101', {
  serviceRequestId: {
    heading: 'SERVICE REQUEST IDENTIFIER',
    also: ['ServiceRequestID'],
    required: true,
  },
  localPatientId: {
    heading: 'LOCAL PATIENT IDENTIFIER (EXTENDED)',
    also: ['LocalPatientID'],
    required: true,
  },
  commissioner: {
    heading: 'ORGANISATION IDENTIFIER (CODE OF COMMISSIONER)',
    also: ['OrgID_Commissioner'],
  },
  receivedDate: {
    heading: 'REFERRAL REQUEST RECEIVED DATE',
    also: ['ReferralRequest_ReceivedDate'],
    required: true,
  },
  source: { heading: 'SOURCE OF REFERRAL FOR COMMUNITY', also: ['SourceOfReferral'] },
  referring: { heading: 'ORGANISATION IDENTIFIER (REFERRING)', also: ['OrgID_Referring'] },
  priority: { heading: 'PRIORITY TYPE CODE', also: ['Priority_Type'] },
  reason: {
    heading: 'PRIMARY REASON FOR REFERRAL (COMMUNITY CARE)',
    also: ['PrimaryReferralReason'],
  },
  dischargeDate: { heading: 'SERVICE DISCHARGE DATE', also: ['Discharge_Date'] },
  provider: PROVIDER,
  periodEnd: PERIOD_END,
});

export const CYP201 = csvTable('CYP201', {
  careContactId: { heading: 'CARE CONTACT IDENTIFIER', also: ['CareContactID'], required: true },
  serviceRequestId: {
    heading: 'SERVICE REQUEST IDENTIFIER',
    also: ['ServiceRequestID'],
    required: true,
  },
  team: { heading: 'CARE PROFESSIONAL TEAM LOCAL IDENTIFIER', also: ['TeamID_Local'] },
  date: { heading: 'CARE CONTACT DATE', also: ['Contact_Date'], required: true },
  time: { heading: 'CARE CONTACT TIME', also: ['Contact_Time'] },
  commissioner: {
    heading: 'ORGANISATION IDENTIFIER (CODE OF COMMISSIONER)',
    also: ['OrgID_Commissioner'],
  },
  administrativeCategory: { heading: 'ADMINISTRATIVE CATEGORY CODE', also: ['AdminCategory'] },
  duration: {
    heading: 'CLINICAL CONTACT DURATION OF CARE CONTACT',
    also: ['CareContact_Duration'],
  },
  consultationType: { heading: 'CONSULTATION TYPE' },
  subject: { heading: 'CARE CONTACT SUBJECT' },
  mechanism: {
    heading: 'CONSULTATION MECHANISM (COMMUNITY CARE)',
    also: ['ConsMechanism', 'Consultation_Mechanism'],
  },
  locationType: { heading: 'ACTIVITY LOCATION TYPE CODE', also: ['Activity_LocationType'] },
  site: { heading: 'ORGANISATION SITE IDENTIFIER (OF TREATMENT)', also: ['Treatment_OrgSiteID'] },
  groupTherapy: { heading: 'GROUP THERAPY INDICATOR' },
  attendance: { heading: 'ATTENDANCE STATUS' },
  earliestReasonableOffer: {
    heading: 'EARLIEST REASONABLE OFFER DATE',
    also: ['ReasonableOffer_Date'],
  },
  earliestAppropriate: {
    heading: 'EARLIEST CLINICALLY APPROPRIATE DATE',
    also: ['ClinicallyAppropriate_Date'],
  },
  cancelledOn: { heading: 'CARE CONTACT CANCELLATION DATE', also: ['Contact_CancellationDate'] },
  cancellationReason: {
    heading: 'CARE CONTACT CANCELLATION REASON',
    also: ['Contact_CancellationReason'],
  },
  replacementOffered: {
    heading: 'REPLACEMENT APPOINTMENT DATE OFFERED',
    also: ['ReplacementAppointment_OfferedDate'],
  },
  replacementBooked: {
    heading: 'REPLACEMENT APPOINTMENT BOOKED DATE',
    also: ['ReplacementAppointment_BookedDate'],
  },
  provider: PROVIDER,
  periodEnd: PERIOD_END,
});

export const CYP202 = csvTable('CYP202', {
  careActivityId: { heading: 'CARE ACTIVITY IDENTIFIER', also: ['CareActivityID'], required: true },
  careContactId: { heading: 'CARE CONTACT IDENTIFIER', also: ['CareContactID'], required: true },
  type: {
    heading: 'COMMUNITY CARE ACTIVITY TYPE',
    also: ['Activity_Type'],
  },
  professional: {
    heading: 'CARE PROFESSIONAL LOCAL IDENTIFIER',
    also: ['CareProfessionalID_Local'],
  },
  duration: {
    heading: 'CLINICAL CONTACT DURATION OF CARE ACTIVITY',
    also: ['CareActivity_Duration'],
  },
  procedure: { heading: 'CODED PROCEDURE (CLINICAL TERMINOLOGY)', also: ['CodedProcedure'] },
  findingScheme: { heading: 'FINDING SCHEME IN USE (COMMUNITY CARE)', also: ['Finding_Scheme'] },
  finding: { heading: 'CODED FINDING (CODED CLINICAL ENTRY)', also: ['CodedFinding'] },
  observationScheme: {
    heading: 'OBSERVATION SCHEME IN USE (COMMUNITY CARE)',
    also: ['Observation_Scheme'],
  },
  observation: { heading: 'CODED OBSERVATION (CLINICAL TERMINOLOGY)', also: ['CodedObservation'] },
  value: { heading: 'OBSERVATION VALUE', also: ['ObservationValue'] },
  unit: { heading: 'UCUM UNIT OF MEASUREMENT', also: ['UC_UnitOfMeasurement'] },
  provider: PROVIDER,
  periodEnd: PERIOD_END,
});
