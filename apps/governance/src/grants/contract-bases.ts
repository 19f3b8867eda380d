import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { ProductMajorEntity } from '../products/product.entity.js';
import { VersionContentEntity } from '../proposals/proposal.entity.js';
import type { ContractBasis } from './asking/legal-basis.js';
import type { WholeGrant } from './show.js';

/** What the newest contracts of the grants' products say of legal bases; of a contract nothing else is read. */
export function contractBases(
  em: EntityManager,
  grants: readonly Pick<WholeGrant, 'products'>[],
): Promise<ContractBasis[]> {
  const products = grants.flatMap((one) => one.products.map(({ product }) => product));
  return em
    .createQueryBuilder(ProductMajorEntity, 'm')
    .innerJoin(VersionContentEntity, 'v', 'v.content_hash = m.latest_hash')
    .where({ product: In([...new Set(products)]) })
    .select('m.product', 'product')
    .addSelect('m.major', 'major')
    .addSelect("coalesce(v.contract->'legalBasis', '[]'::jsonb)", 'legalBasis')
    .getRawMany<ContractBasis>();
}

/** Those of one grant. */
export function basesOf(
  { products }: Pick<WholeGrant, 'products'>,
  bases: readonly ContractBasis[],
): ContractBasis[] {
  return products.flatMap(({ product, major }) =>
    bases.filter((one) => one.product === product && one.major === major),
  );
}
