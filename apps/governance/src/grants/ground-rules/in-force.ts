import { IsNull, MoreThan } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { MotionEntity } from '../../motions/motion.entity.js';
import type { MotionKind } from '../../motions/motion.entity.js';
import type { AgreementContent, PolicyContent } from './shapes.js';

type AgreementInForce = { id: string; reference: string; until: Date | null };
type PolicyInForce = PolicyContent & { id: string };

/** Joint-controller agreements that hold now and name the organisation. */
export async function agreementsOf(
  em: EntityManager,
  organisation: string,
): Promise<AgreementInForce[]> {
  const found = await inForce(em, 'agreement');
  return found.flatMap(({ id, content, endsAt }) => {
    const { reference, organisations } = content as AgreementContent;
    return organisations.includes(organisation) ? [{ id, reference, until: endsAt }] : [];
  });
}

/** The policy for grants that holds now; null while none was decided: nothing is demanded, and somebody is always asked. */
export async function policyInForce(em: EntityManager): Promise<PolicyInForce | null> {
  const newest = (await inForce(em, 'grant-policy')).at(-1);
  return newest ? { ...(newest.content as PolicyContent), id: newest.id } : null;
}

function inForce(em: EntityManager, kind: MotionKind): Promise<MotionEntity[]> {
  return em.find(MotionEntity, {
    where: [
      { kind, state: 'approved', endsAt: IsNull() },
      { kind, state: 'approved', endsAt: MoreThan(new Date()) },
    ],
    order: { decidedAt: 'ASC', id: 'ASC' },
  });
}
