import { problem } from '@caremesh/platform';
import type { EntityManager } from 'typeorm';
import { governanceErrors } from '../errors.js';
import { ProductEntity } from './product.entity.js';

/** Throws MESH-3011 for a product that was never published: a list about it is none, not an empty one. */
export async function assertKnown(em: EntityManager, product: string): Promise<void> {
  if (await em.existsBy(ProductEntity, { id: product })) return;
  throw problem(governanceErrors.productNotFound);
}
