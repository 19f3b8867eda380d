import type { LegalBasis, Purpose } from '../promise/data-contract.js';

/** Routes through the common law duty of confidence. */
export const COMMON_LAW = [
  'consent',
  'direct-care',
  's251',
  'statute',
  'not-confidential',
] as const satisfies readonly LegalBasis['commonLaw'][];
export type CommonLaw = LegalBasis['commonLaw'];

/**
 * What a record says about a person. `confidential`: it identifies them or is likely to, was given in confidence and says
 * something of their health, care or treatment. `anonymised`: in line with the ICO's code of practice, so that nobody is
 * likely to be identified. `nobody`: it is about no person.
 */
export const DATA_KINDS = ['confidential', 'anonymised', 'nobody'] as const;
export type DataKind = (typeof DATA_KINDS)[number];

/** Exemptions that somebody has to decide on; the legal basis alone does not tell of them. */
export const EXEMPTIONS = ['communicable-disease', 'public-interest', 'policy'] as const;
export type Exemption = (typeof EXEMPTIONS)[number];

/** What data is wanted for, on what footing. */
export type Use = {
  purpose: Purpose;
  commonLaw: CommonLaw;
  data: DataKind;
  exemption?: Exemption | null;
};
