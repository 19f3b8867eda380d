import { defineProduct } from '@caremesh/product';
import { {{camel}}Source } from '../../sources/{{product}}.js';
import { map{{Record}} } from './map.js';

export const {{camel}}Product = defineProduct({
  contract: '{{domain}}/{{product}}/v1',
  from: {{camel}}Source,
  map: map{{Record}},
});
