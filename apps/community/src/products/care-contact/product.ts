import { defineProduct } from '@caremesh/product';
import { source } from '../../sources/csds/csds.js';
import { mapCareContact } from './map.js';
import { places } from './places.js';

/** `community.care-contact`: one record for each contact of a CSDS return, with its activities. */
export const careContact = defineProduct({
  contract: 'community/care-contact/v1',
  from: source,
  map: mapCareContact,
  places,
});
