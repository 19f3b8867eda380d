import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { ProductMajorEntity } from '../products/product.entity.js';

/** Whether a major of a product is read by nobody any more. */
export type IsRetired = (one: { product: string; major: number }) => boolean;

/** Which majors of some products are retired. */
export async function retiredAmong(
  em: EntityManager,
  products: readonly string[],
): Promise<IsRetired> {
  const retired = await em.findBy(ProductMajorEntity, {
    status: 'retired',
    product: In([...new Set(products)]),
  });
  return ({ product, major }) =>
    retired.some((one) => one.product === product && one.major === major);
}
