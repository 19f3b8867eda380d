export { Documented } from '@caremesh/platform';
