import type { ChoiceCode } from '@caremesh/product';

const SNOMED_CT = 'http://snomed.info/sct';

/**
 * Codes of a Type 1 opt-out in a practice's record. SNOMED CT: dissent from secondary use of general practitioner patient
 * identifiable data, and dissent withdrawn; before SNOMED CT, in records never coded again, Read version 2 and CTV3.
 */
export const TYPE_1_CODES: readonly ChoiceCode[] = [
  { system: SNOMED_CT, code: '827241000000103', choice: 'type-1', objects: true },
  { system: SNOMED_CT, code: '827261000000102', choice: 'type-1', objects: false },
  { system: 'http://read.info/readv2', code: '9Nu0', choice: 'type-1', objects: true },
  { system: 'http://read.info/ctv3', code: 'XaZ89', choice: 'type-1', objects: true },
];
