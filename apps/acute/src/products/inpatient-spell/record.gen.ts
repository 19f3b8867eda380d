// Generated from schemas/acute/inpatient-spell/v1/schema.avsc; do not edit.

/** Operations and procedures, in the order of the record. */
export type Procedure = {
  /** OPCS-4 code without the full stop. */
  code: string;
  /** Day of the procedure. Days since 1970-01-01. */
  date: number | null;
};

/** Each stay of a person in a hospital bed, from admission to discharge, as the hospital's patient administration system tells it. */
export type InpatientSpell = {
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
  /** The hospital's own number of the stay. */
  hospitalProviderSpellNumber: string | null;
  /** ODS code of the trust. */
  providerOds: string | null;
  /** ODS code of the hospital site. */
  siteOds: string | null;
  /** Ward on which the person now is, or was last, in the hospital's own code. */
  wardCode: string | null;
  /** Room and bed, in the hospital's own code. */
  bedCode: string | null;
  /** Kind of admission. */
  patientClassification: string | null;
  /** NHS or private. */
  administrativeCategory: string | null;
  /** When the person was admitted. Milliseconds since 1970-01-01T00:00:00Z. */
  admissionAt: number | null;
  /** How the person came to be admitted. */
  admissionMethod: string | null;
  /** Where the person was before. */
  sourceOfAdmission: string | null;
  /** Reason in the words of the record. */
  admissionReasonText: string | null;
  /** Specialised service within which the person is treated. */
  treatmentFunctionCode: string | null;
  /** Specialty of the consultant responsible. */
  mainSpecialty: string | null;
  /** Code of the consultant responsible. */
  consultantCode: string | null;
  /** Main condition treated, ICD-10 without the full stop. */
  primaryDiagnosis: string | null;
  /** Other conditions, ICD-10 without the full stop, in the order of the record. */
  secondaryDiagnoses: string[];
  /** Operations and procedures, in the order of the record. */
  procedures: Procedure[];
  /** When the person was last moved within the hospital. Milliseconds since 1970-01-01T00:00:00Z. */
  transferredAt: number | null;
  /** First day on which the person was medically fit to leave. Days since 1970-01-01. */
  dischargeReadyDate: number | null;
  /** When the person was discharged. Null while still in hospital. Milliseconds since 1970-01-01T00:00:00Z. */
  dischargeAt: number | null;
  /** How the stay ended. */
  dischargeMethod: string | null;
  /** Where the person went. */
  dischargeDestination: string | null;
  /** Healthcare resource group of the spell. */
  coreHrg: string | null;
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
