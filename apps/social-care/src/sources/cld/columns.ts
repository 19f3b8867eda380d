import { csvTable } from '@caremesh/product';

/** Columns of the specification that a service event does not use. */
const UNREAD = [
  'First Name',
  'Last Name',
  'GP Practice Name',
  'Date of Death',
  'Request: Route of Access',
  'Request Route of Access',
  'Assessment Type',
  'Eligible Needs Identified',
  'Informal Carer Involved in Assessment',
  'Unpaid Carer Involved in Assessment',
  'Method of Assessment',
  'Total Hrs Caring per week',
  'No of adults being cared for',
  'Adult 1 Linked Person ID',
  'Adult 2 Linked Person ID',
  'Adult 3 Linked Person ID',
  'Review Reason',
  'Review Outcomes Achieved',
  'Method of Review',
];

/**
 * The columns of Adult Social Care Client Level Data, release 2, that a service event uses. Those of requests,
 * assessments and reviews are left unread. Required: needed to know whose event it is, and which.
 */
export const CLD = csvTable(
  '',
  {
    laCode: { heading: 'LA Code', required: true },
    periodStart: { heading: 'Reporting Period Start Date' },
    periodEnd: { heading: 'Reporting Period End Date' },
    tracedNhsNumber: { heading: 'Traced NHS Number', also: ['NHS Number Traced'], anywhere: true },
    nhsNumber: { heading: 'NHS Number', required: true },
    personId: { heading: 'LA Person Unique Identifier', required: true },
    gpPractice: { heading: 'GP Practice Code' },
    gender: { heading: 'Gender' },
    ethnicity: { heading: 'Ethnicity' },
    birthDate: { heading: 'Date of Birth' },
    clientType: { heading: 'Client Type', required: true },
    primarySupportReason: { heading: 'Primary Support Reason' },
    postcode: { heading: 'Postcode' },
    accommodationStatus: { heading: 'Accommodation Status' },
    employmentStatus: { heading: 'Employment Status' },
    hasUnpaidCarer: { heading: 'Has Unpaid Carer' },
    autism: { heading: 'Autism Spectrum Disorder (ASD)', also: ['Autism Spectrum Disorder'] },
    visualImpairment: { heading: 'Visual Impairment' },
    hearingImpairment: { heading: 'Hearing Impairment' },
    dementia: { heading: 'Dementia' },
    fundingStatus: { heading: 'Client Funding Status' },
    eventType: { heading: 'Event Type', required: true },
    eventReference: { heading: 'Event Reference' },
    startDate: { heading: 'Event Start Date', required: true },
    endDate: { heading: 'Event End Date' },
    description: { heading: 'Event Description' },
    outcome: { heading: 'Event Outcome' },
    serviceType: { heading: 'Service Type', required: true },
    serviceComponent: { heading: 'Service Component' },
    deliveryMechanism: { heading: 'Delivery Mechanism' },
    providerName: { heading: 'Provider CQC Location Name' },
    providerId: { heading: 'Provider CQC Location ID' },
    unitCost: { heading: 'Unit Cost' },
    costUnit: { heading: 'Cost Frequency (Unit Type)', also: ['Cost Frequency'] },
    plannedUnits: { heading: 'Planned units per week' },
    fullCostClient: { heading: 'Full cost client' },
  },
  UNREAD,
);

export type CldColumn = keyof typeof CLD.columns;
export type CldValues = Record<CldColumn, string>;
