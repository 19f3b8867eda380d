import { defineDomain } from '@caremesh/product';
import { organisation } from './organisation.js';
import { {{camel}}Product } from './products/{{product}}/product.js';
import { {{camel}}Source } from './sources/{{product}}.js';

export const domain = defineDomain({
  name: '{{domain}}',
  organisation,
  sources: [{{camel}}Source],
  products: [{{camel}}Product],
});
