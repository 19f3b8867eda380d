export { Documented } from '@caremesh/platform/openapi';
