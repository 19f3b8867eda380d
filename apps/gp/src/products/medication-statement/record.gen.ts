// Generated from schemas/gp/medication-statement/v1/schema.avsc; do not edit.

/** Which medicines a person registered with a practice takes or has taken, as stated or ordered in the GP record. */
export type MedicationStatement = {
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
  /** Identifier of the statement or request in the practice's system. */
  medicationStatementId: string | null;
  /** Whether the source holds a statement of use or a request (an order). */
  recordedAs: string | null;
  /** Code of the medicine or device: a dm+d concept, which is also a SNOMED CT identifier. */
  medicationCode: string | null;
  /** Preferred name that belongs to the code, from dm+d. Not typed by a person. */
  medicationDisplay: string | null;
  /** The medicine in the words typed into the source system, where there is no code or beside it. */
  medicationText: string | null;
  /** Which kind of dm+d concept the code is. */
  dmdLevel: string | null;
  /** Whether the person takes the medicine now. An entry made in error is not a status: the record is retracted. */
  status: string | null;
  /** Why it was stopped, paused or not taken, in the words of the record. */
  statusReasonText: string | null;
  /** Kind of prescription. */
  prescriptionType: string | null;
  /** For a request: how binding it is. */
  requestIntent: string | null;
  /** Overall pattern of the treatment. */
  courseOfTherapy: string | null;
  /** The dose instruction as written. */
  doseText: string | null;
  /** Additional instruction to the person as written. */
  patientInstruction: string | null;
  /** Amount of one dose. */
  doseValue: number | null;
  /** Unit of one dose, as in dm+d or UCUM. */
  doseUnit: string | null;
  /** Route of administration. */
  doseRouteCode: string | null;
  /** Taken only when needed. */
  asNeeded: boolean | null;
  /** Quantity supplied or ordered each time. */
  quantityValue: number | null;
  /** Unit of the quantity, as in dm+d or UCUM. */
  quantityUnit: string | null;
  /** Days one supply is expected to last. */
  expectedSupplyDays: number | null;
  /** Number of repeat issues authorised. */
  repeatsAllowed: number | null;
  /** Number of repeat issues made so far. */
  repeatsIssued: number | null;
  /** First day on which the medicine is or was taken. Days since 1970-01-01. */
  effectiveStart: number | null;
  /** Last day on which the medicine is or was taken. Null while it continues. Days since 1970-01-01. */
  effectiveEnd: number | null;
  /** Day on which the statement was made. Days since 1970-01-01. */
  dateAsserted: number | null;
  /** When the request was written. Milliseconds since 1970-01-01T00:00:00Z. */
  authoredAt: number | null;
  /** Date of the first issue. Days since 1970-01-01. */
  firstIssued: number | null;
  /** Date of the most recent issue. Days since 1970-01-01. */
  lastIssued: number | null;
  /** Date by which the medicine is to be reviewed. Days since 1970-01-01. */
  reviewDate: number | null;
  /** ODS code of the organisation that prescribes. */
  prescribingOds: string | null;
  /** Whether the practice or another organisation prescribes. */
  prescribingAgency: string | null;
  /** Condition for which the medicine is taken. */
  reasonCode: string | null;
  /** True when the entry lost its coding in a transfer between practices (DAPB4013) and must be checked before use. */
  transferDegraded: boolean | null;
  /** The person's date of birth. In a view for any purpose but individual care it may appear only as an age band. Days since 1970-01-01. */
  birthDate: number | null;
  /** Postcode of the person's usual address. In a view it may appear only as a small area (LSOA). */
  postcode: string | null;
  /** Administrative gender. */
  administrativeGender: string | null;
  /** Ethnic category as stated by the person. */
  ethnicCategory: string | null;
  /** ODS code of the practice with which the person is registered. */
  gpPracticeOds: string | null;
};
