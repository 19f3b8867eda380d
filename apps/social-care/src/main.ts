import { startDomain } from '@caremesh/product';
import { socialCare } from './domain.js';

await startDomain(socialCare);
