import { defineDomain } from '@caremesh/product';
import { organisation } from './organisation.js';
import { careContact } from './products/care-contact/product.js';
import { source } from './sources/csds/csds.js';

export const community = defineDomain({
  name: 'community',
  organisation,
  sources: [source],
  products: [careContact],
});
