import { defineProduct } from '@caremesh/product';
import { source } from '../../sources/cld/cld.js';
import { identifies } from './identity.js';
import { mapCarePackage } from './map.js';
import { places } from './places.js';

/** `social-care.care-package`: one record for each service event of Client Level Data. */
export const carePackage = defineProduct({
  contract: 'social-care/care-package/v1',
  from: source,
  map: mapCarePackage,
  places,
  identifies,
});
