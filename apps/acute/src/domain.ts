import { defineDomain } from '@caremesh/product';
import { inpatientSpell } from './products/inpatient-spell/product.js';
import { adt } from './sources/adt.js';

/** Acute hospitals: what their patient administration systems tell of people in hospital. */
export const acute = defineDomain({
  name: 'acute',
  organisation: { ods: 'RA7', name: 'University Hospitals Bristol and Weston' },
  sources: [adt],
  products: [inpatientSpell],
});
