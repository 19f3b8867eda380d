import { defineDomain } from '@caremesh/product';
import { TYPE_1_CODES } from './choices/type-1.js';
import { organisation } from './organisation.js';
import { medicationStatement } from './products/medication-statement/product.js';
import { fhir } from './sources/fhir.js';

/** General practice: what practices' systems record of people registered with them. */
export const gp = defineDomain({
  name: 'gp',
  organisation,
  sources: [fhir],
  products: [medicationStatement],
  choiceCodes: TYPE_1_CODES,
});
