import type { EntityManager } from 'typeorm';
import { In } from 'typeorm';
import type { Author } from '../authority/authority.js';
import type { StandingIn } from '../cover/covers.js';
import { DecisionEntity } from '../decisions/decision.entity.js';
import { partTakersIn, rulingOn } from '../decisions/rules.js';
import { ProposalEntity } from './proposal.entity.js';

/**
 * For each of the proposals the roles in which a person, or somebody they stand in for, may decide on it now: what the
 * decision itself would be ruled by, asked beforehand. Three statements, however many proposals there are.
 */
export async function mayDecide(
  em: EntityManager,
  standingIn: StandingIn,
  proposals: readonly ProposalEntity[],
): Promise<Map<string, string[]>> {
  const open = proposals.filter(({ state }) => state === 'proposed');
  if (open.length === 0) return new Map();
  const made = await em.find(ProposalEntity, {
    select: { id: true, contentHash: true, proposedBy: true, team: true, domain: true },
    where: { contentHash: In(open.map(({ contentHash }) => contentHash)) },
  });
  const given = await em.findBy(DecisionEntity, {
    proposalId: In(open.map(({ id }) => id)),
    decision: 'approve',
  });
  return new Map(
    open.map(({ id, contentHash, decisionsNeeded }) => {
      const authors = authorsOf(made.filter((one) => one.contentHash === contentHash));
      const approvals = given.filter(({ proposalId }) => proposalId === id);
      const about = { decisionsNeeded, authors, approvals };
      const person = standingIn(partTakersIn(about));
      const roles = decisionsNeeded.filter((role) => {
        const ruling = rulingOn(person, role, about);
        return 'role' in ruling && ruling.role === role;
      });
      return [id, roles];
    }),
  );
}

/**
 * Who made what these proposals hold: each proposer, of the team their token named and of that of the domain they
 * proposed it for, as its publisher.
 */
export function authorsOf(
  proposals: readonly Pick<ProposalEntity, 'proposedBy' | 'team' | 'domain'>[],
): Author[] {
  return proposals.flatMap(({ proposedBy: sub, team, domain }) =>
    [...new Set([team, domain])].map((one) => ({ sub, team: one })),
  );
}
