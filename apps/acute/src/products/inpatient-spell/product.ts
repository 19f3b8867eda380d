import { defineProduct } from '@caremesh/product';
import { adt } from '../../sources/adt.js';
import { carry, toInpatientSpell } from './map.js';
import { places } from './places.js';

/** Each stay of a person in a hospital bed, from admission to discharge, as ADT messages tell it. */
export const inpatientSpell = defineProduct({
  contract: 'acute/inpatient-spell/v1',
  from: adt,
  map: toInpatientSpell,
  carry,
  places,
});
