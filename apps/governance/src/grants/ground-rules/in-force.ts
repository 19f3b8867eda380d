import { problem } from '@caremesh/platform';
import { IsNull, MoreThan } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Author } from '../../authority/authority.js';
import { grantErrors } from '../../errors.js';
import { MotionEntity } from '../../motions/motion.entity.js';
import type { MotionKind } from '../../motions/motion.entity.js';
import { proposersOf } from '../../motions/motions.js';
import type { GrantTerms } from '../asking/terms.js';
import type { GrantEntity } from '../grant.entity.js';
import type { AgreementContent, PolicyContent } from './shapes.js';

type AgreementInForce = { id: string; reference: string; until: Date | null };
/** `authors`: who proposed it, by whatever motion, and who decided it. */
type PolicyInForce = PolicyContent & { id: string; authors: Author[] };

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

/**
 * Has individual care outside the mesh's own services rest on an agreement that is in force until then: its own before any
 * other, else the one that lasts longest. What held when it was asked for may have been ended since. Answers, for the
 * ledger, what it rests on where that is another. Throws MESH-3722 where there is none.
 */
export async function restOnAgreement(
  em: EntityManager,
  grant: GrantEntity,
  until: Date,
): Promise<Pick<GrantTerms, 'jointControllers'>> {
  const { organisation, terms } = grant;
  const { jointControllers: held } = terms;
  if (held === undefined) return {};
  const all = await agreementsOf(em, organisation);
  const lasting = all.filter((one) => endOf(one) >= until.getTime());
  const [longest] = lasting.toSorted((a, b) => endOf(b) - endOf(a));
  const found = lasting.find(({ reference }) => reference === held) ?? longest;
  if (!found) throw problem(grantErrors.agreementLapsed, `It rested on: ${held}`);
  if (found.reference === held) return {};
  grant.terms = { ...terms, jointControllers: found.reference };
  return { jointControllers: found.reference };
}

const endOf = ({ until }: AgreementInForce): number => until?.getTime() ?? Number.MAX_VALUE;

/** The policy for grants that holds now; null while none was decided: nothing is demanded, and somebody is always asked. */
export async function policyInForce(em: EntityManager): Promise<PolicyInForce | null> {
  const newest = (await inForce(em, 'grant-policy')).at(-1);
  if (!newest) return null;
  const { id, content, decidedBy } = newest;
  const deciders = decidedBy === null ? [] : [{ sub: decidedBy, team: null }];
  const authors = [...(await proposersOf(em, newest)), ...deciders];
  return { ...(content as PolicyContent), id, authors };
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
