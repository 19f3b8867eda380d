import { startDomain } from '@caremesh/product';
import { gp } from './domain.js';

await startDomain(gp);
