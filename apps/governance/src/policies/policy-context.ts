import type { CheckContext, DataContract } from '@caremesh/contract';
import { standardKey } from '@caremesh/contract';
import type { EntityManager } from 'typeorm';
import { today } from '../standards/shapes.js';
import { StandardEntity } from '../standards/standard.entity.js';
import { waiversInForce } from '../waivers/in-force.js';

/** What the policies of the mesh add to the checks of a version. */
export type PolicyContext = Required<Pick<CheckContext, 'standards' | 'waivers'>>;

/** The standards that matter to a contract (mandated, or named in it) as of today, and the product's waivers in force. */
export async function policyContext(
  em: EntityManager,
  { product, standards }: DataContract,
): Promise<PolicyContext> {
  const rows = await em
    .createQueryBuilder(StandardEntity, 's')
    .where('s.mandated OR s.names && :named', { named: standards.map(({ id }) => standardKey(id)) })
    .orderBy('s.key')
    .getMany();
  return {
    standards: { today: today(), all: rows.map(({ content }) => content) },
    waivers: await waiversInForce(em, product),
  };
}
