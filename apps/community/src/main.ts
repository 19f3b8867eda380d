import { startDomain } from '@caremesh/product';
import { community } from './domain.js';

await startDomain(community);
