import { startDomain } from '@caremesh/product';
import { acute } from './domain.js';

await startDomain(acute);
