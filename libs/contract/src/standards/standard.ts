import type { Role } from '../promise/data-contract.js';

/** Care settings, as the standards directory of 2022 groups them, and in its words. */
export const CARE_SETTINGS = {
  'general-practice': 'GP and primary care',
  'secondary-care': 'Hospital',
  community: 'Community health',
  'mental-health': 'Mental health',
  'adult-social-care': 'Adult social care',
  'childrens-social-care': 'Children’s social care',
  'care-home': 'Care home',
  ambulance: 'Ambulance and patient transport',
  maternity: 'Maternity',
  dentistry: 'Dentistry',
  pharmacy: 'Pharmacy',
  'public-health': 'Public health',
  'urgent-care': 'Urgent and emergency care',
  patient: 'The person',
  infrastructure: 'Infrastructure',
} as const;
export type CareSetting = keyof typeof CARE_SETTINGS;

/** What standards are used for. */
export const USE_CASES = {
  'access-to-records': 'Access to records',
  appointments: 'Appointments and scheduling',
  'clinical-decision-support': 'Clinical decision support',
  'clinical-safety': 'Clinical safety',
  'continuity-of-care': 'Continuity of care (transfer of care)',
  demographics: 'Demographics and identity',
  dispensing: 'Dispensing',
  'information-governance': 'Information governance',
  'key-care-information': 'Key care information',
  messaging: 'Messaging',
  'patient-communication': 'Communication with patients',
  'planning-and-payment': 'Planning and payment',
  prescribing: 'Prescribing',
  'reference-data': 'Reference data',
  referrals: 'Referrals',
  security: 'Security',
  'tests-and-diagnostics': 'Tests and diagnostics',
  vaccination: 'Vaccination',
} as const;
export type UseCase = keyof typeof USE_CASES;

export const STANDARD_TYPES = {
  'record-standard': 'Record standard',
  'data-definitions': 'Data definitions and terminologies',
  'technical-standard': 'Technical standards and specifications',
  'information-code': 'Information code of practice and governance standard',
  collection: 'Collection',
} as const;
export type StandardType = keyof typeof STANDARD_TYPES;

/** What makes a standard reach a data product; any of them does, in any of its care settings. */
export type Trigger =
  | { kind: 'every-product' | 'person-level' | 'secondary-use' }
  | { kind: 'field-words'; words: string[] }
  | { kind: 'code-system'; systems: string[] };

/** What a machine can check of a standard in a contract. The kinds are the files of `standard-rules/`. */
export type StandardRule = {
  /** Shown as the check `<standard>/<name>`. */
  name: string;
  kind: 'code-system' | 'field-role' | 'fields-present' | 'opt-out-matchable' | 'version-stated';
  words?: string[];
  systems?: string[];
  roles?: Role[];
  groups?: string[][];
};

/** How far a standard has come. What may follow what is in `lifecycle.ts`. */
export const STANDARD_STATES = ['draft', 'trial', 'active', 'deprecated', 'retired'] as const;
export type StandardState = (typeof STANDARD_STATES)[number];

/** An entry of the standards catalogue, as `schemas/mesh/standards/standard.schema.json` has it. */
export type Standard = {
  id: string;
  title: string;
  alsoKnownAs: string[];
  owner: { name: string; formerly?: string };
  type: StandardType;
  careSettings: CareSetting[];
  useCases: UseCase[];
  state: StandardState;
  /** Of the standard as its owner publishes it; the catalogue counts its own revisions. */
  version: string | null;
  mandation: {
    status: 'mandated' | 'contractual' | 'under-consideration' | 'none';
    legalBasis: string | null;
    notice: string | null;
  };
  appliesTo: { organisations: string; careSettings?: CareSetting[]; products: Trigger[] };
  effectiveFrom: string | null;
  /** Null for a mandated, active one: it was in force before the catalogue was begun. */
  conformanceDate: string | null;
  dependencies: string[];
  summary: string;
  why: string;
  example: { title: string; text: string; payload?: unknown };
  support: { name: string; email: string | null; url: string | null };
  documentation: string | null;
  successor: string | null;
  /** Working days of one product team, least and most. */
  effort: { days: [number, number]; what: string };
  rules: StandardRule[];
  sources: { name: string; licence: string }[];
};

/** The identifier as it is compared: contracts write `UK Core` and `uk core`. */
export function standardKey(id: string): string {
  return id.trim().toLowerCase();
}

/** Every name a standard answers to, as it is compared. */
export function namesOf({ id, alsoKnownAs }: Pick<Standard, 'id' | 'alsoKnownAs'>): string[] {
  return [id, ...alsoKnownAs].map(standardKey);
}
