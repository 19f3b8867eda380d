import { defineDomain } from '@caremesh/product';
import { organisation } from './organisation.js';
import { carePackage } from './products/care-package/product.js';
import { source } from './sources/cld/cld.js';

export const socialCare = defineDomain({
  name: 'social-care',
  organisation,
  sources: [source],
  products: [carePackage],
});
