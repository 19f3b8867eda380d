// Generated from schemas/social-care/care-package/v1/schema.avsc; do not edit.

/** Each service a council arranges for an adult who draws on social care, or for an unpaid carer: what, by whom, since when, at what cost. */
export type CarePackage = {
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
  /** Three-digit code of the council, which is also its ODS code. */
  laCode: string | null;
  /** The council's own reference of the service. */
  eventReference: string | null;
  /** Whether the service is for the person or for an unpaid carer. */
  clientType: string | null;
  /** Kind of support. */
  serviceType: string | null;
  /** The service itself, for example home support or reablement. */
  serviceComponent: string | null;
  /** How a community service is paid and arranged. */
  deliveryMechanism: string | null;
  /** Care Quality Commission number of the provider's location. */
  providerCqcLocationId: string | null;
  /** Name of the provider's location as registered. */
  providerCqcLocationName: string | null;
  /** First day of the service. Days since 1970-01-01. */
  startDate: number | null;
  /** Last day of the service. Null while it goes on. Days since 1970-01-01. */
  endDate: number | null;
  /** Description as typed by the council. */
  eventDescription: string | null;
  /** What followed. */
  eventOutcome: string | null;
  /** Planned units of service in a week. */
  plannedUnitsPerWeek: number | null;
  /** Cost of one unit in pounds. */
  unitCost: number | null;
  /** Period or unit the cost is for. */
  costFrequencyUnitType: string | null;
  /** Who pays. */
  clientFundingStatus: string | null;
  /** Whether the person pays the whole cost. */
  fullCostClient: string | null;
  /** True while the service is suspended, for example during a hospital stay. */
  suspended: boolean | null;
  /** Main reason for the support. */
  primarySupportReason: string | null;
  /** Where the person lives. */
  accommodationStatus: string | null;
  /** Employment of the person. */
  employmentStatus: string | null;
  /** Whether the person has an unpaid carer. */
  hasUnpaidCarer: string | null;
  /** Whether autism is recorded. */
  autismSpectrumDisorder: string | null;
  /** Whether the person is registered with a visual impairment. */
  visualImpairment: string | null;
  /** Whether the person is registered with a hearing impairment. */
  hearingImpairment: string | null;
  /** Whether dementia is recorded. */
  dementia: string | null;
  /** First day of the return the row came from. Days since 1970-01-01. */
  reportingPeriodStart: number | null;
  /** Last day of the return the row came from. Days since 1970-01-01. */
  reportingPeriodEnd: number | null;
  /** The person's date of birth. In a view for any purpose but individual care it may appear only as an age band. Days since 1970-01-01. */
  birthDate: number | null;
  /** Postcode of the person's usual address. In a view it may appear only as a small area (LSOA). */
  postcode: string | null;
  /** Gender as recorded by the council. */
  gender: string | null;
  /** Ethnicity as recorded by the council. */
  ethnicity: string | null;
  /** ODS code of the practice with which the person is registered. */
  gpPracticeOds: string | null;
};
