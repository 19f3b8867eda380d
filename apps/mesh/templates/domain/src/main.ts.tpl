import { startDomain } from '@caremesh/product';
import { domain } from './domain.js';

await startDomain(domain);
