/** What data may be used for. A grant names exactly one. */
export const PURPOSES = [
  'individual-care',
  'service-planning',
  'commissioning',
  'population-health-management',
  'research',
  'audit',
] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Care settings that a product may come from, as the contract profile has them: not all that standards are made for (`CARE_SETTINGS`). */
export const PRODUCT_CARE_SETTINGS = [
  'general-practice',
  'secondary-care',
  'community',
  'mental-health',
  'adult-social-care',
  'childrens-social-care',
  'ambulance',
  'maternity',
  'dentistry',
  'pharmacy',
  'public-health',
  'urgent-care',
] as const;

/** How much a field says about who the person is. */
export const CLASSIFICATIONS = [
  'direct-identifier',
  'quasi-identifier',
  'special-category',
  'none',
] as const;
export type Classification = (typeof CLASSIFICATIONS)[number];

/** What becomes of a field in a view for any purpose but individual care. */
export type Treatment =
  'drop' | 'pseudonymise' | 'age-band' | 'lsoa' | 'district' | 'month' | 'keep';

/** What a field is, when the mesh itself has a rule for it. */
export type Role =
  'nhs-number' | 'nhs-number-status' | 'ods-code' | 'local-identifier' | 'postcode' | 'birth-date';

/** A coded field's list. With `values` the list is closed: any other code is refused. */
export type CodeBinding = {
  system: string;
  version: string;
  values?: string[];
  /** Meaning of each value, for people. */
  meanings?: Record<string, string>;
};

/**
 * What the contract promises about one field. `path` is `medicationCode`, `activities[].observationValue`, and for
 * a list's plain items `secondaryDiagnoses[]`.
 */
export type FieldPromise = {
  path: string;
  name: string;
  title: string | null;
  description: string;
  logicalType: string;
  /** `always`: in every record (the fixed core). `live`: in every CREATED or UPDATED one. `optional`: may be null. */
  presence: 'always' | 'live' | 'optional';
  /** Presence is `always` or `live`. */
  required: boolean;
  classification: Classification;
  freeText: boolean;
  treatment: Treatment;
  role?: Role;
  codes?: CodeBinding;
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  unit?: string;
  /** Where the meaning is written down, e.g. an NHS Data Dictionary item. */
  definition?: string;
  /** What the field is made from, as the contract says it: `<domain>.<product>.v<major>#<field>`, or another source's name. */
  sources?: string[];
};

/** On what footing data is processed for one purpose (UK GDPR articles 6 and 9, and the common law of confidence). */
export type LegalBasis = {
  purpose: Purpose;
  article6: string;
  article9: string;
  commonLaw: 'consent' | 'direct-care' | 's251' | 'statute' | 'not-confidential';
};

/**
 * `dimensions`: the fields by which numbers may be asked for; all that classify where none are listed. `tables`: how many
 * different tables of the product one organisation may be told.
 */
export type SmallNumbersRule = {
  threshold?: number;
  roundTo?: number;
  dimensions?: string[];
  tables?: number;
};

export type StandardConformed = { id: string; title: string; version: string | null };
export type SupportChannel = { channel: string; url: string | null; scope: string | null };

/** A contract, read. Everything another part of the mesh needs to know of a product. */
export type DataContract = {
  /** ODCS `id`, one per product and major: `urn:caremesh:gp.medication-statement:v1`. */
  id: string;
  /** `gp.medication-statement` */
  product: string;
  domain: string;
  /** `medication-statement` */
  name: string;
  title: string;
  version: string;
  major: number;
  status: string;
  description: { purpose: string; usage: string; limitations: string };
  /** What good the product does, for whom; null where the contract does not say. */
  benefit?: string | null;
  owner: { team: string; description: string | null; ods: string | null };
  support: SupportChannel[];
  purposes: Purpose[];
  legalBasis: LegalBasis[];
  careSetting: string[];
  /** `period`: how long landed source data is kept after success. `records`: how long a published record is. ISO 8601. */
  retention: { period: string; records: string };
  /** ISO 8601: from the source's event to the record being readable. */
  freshness: { within: string };
  /** `atLeast` percent of live records state the field. */
  completeness: { field: string; atLeast: number }[];
  standards: StandardConformed[];
  fields: FieldPromise[];
  /** Numbers made of the product that are too small to be told; null where the usual rule holds (1 to 7, rest to nearest 5). */
  smallNumbers?: SmallNumbersRule | null;
  /** Version of the house rules the contract was written to. */
  houseRules: string;
};
