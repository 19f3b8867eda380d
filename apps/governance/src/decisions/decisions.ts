import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { Covers } from '../cover/covers.js';
import { newId } from '../database/ids.js';
import { Store, turn } from '../database/store.js';
import { Domains } from '../domains/domains.js';
import { governanceErrors } from '../errors.js';
import { touching } from '../proposals/impact.js';
import { Lifecycle } from '../proposals/lifecycle.service.js';
import type { By } from '../proposals/lifecycle.service.js';
import { DECIDED, moveOf, openMoves } from '../proposals/lifecycle.js';
import { authorsOf } from '../proposals/may-decide.js';
import { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';
import { lockProposal } from '../proposals/proposals.js';
import { blockersOf, reviewVersion, sameChanges } from '../proposals/review.js';
import { showDecision, showProposal } from '../proposals/shapes.js';
import { comparisonFor, refuseRetired } from '../proposals/versions.js';
import { Registrar } from '../registrar/registrar.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { DecisionEntity } from './decision.entity.js';
import { isComplete, roleOf, partTakersIn, rulingOn } from './rules.js';
import type { DecideBody } from './shapes.js';

type Moved = { moved: true; proposal: ProposalEntity };
type Decided = { moved: false; proposal: ProposalEntity; decision: DecisionEntity };

/**
 * Decisions on proposals. A decision is one person's, in one role, on one content: it is taken only if the
 * proposal still holds what the decider read, compared with what it was compared with.
 */
@Injectable()
export class Decisions {
  readonly #store: Store;
  readonly #lifecycle: Lifecycle;
  readonly #domains: Domains;
  readonly #registrar: Registrar;
  readonly #covers: Covers;
  readonly #mode: Settings['mode'];

  constructor(
    store: Store,
    lifecycle: Lifecycle,
    domains: Domains,
    registrar: Registrar,
    covers: Covers,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#store = store;
    this.#lifecycle = lifecycle;
    this.#domains = domains;
    this.#registrar = registrar;
    this.#covers = covers;
    this.#mode = settings.mode;
  }

  /**
   * Decides. Throws MESH-3001 (no such proposal), MESH-3010 and MESH-3006 (not this person's to decide),
   * MESH-3005 (other content), MESH-3007 (nothing to decide any more), MESH-3008 (compared anew: the list of
   * changes is another), MESH-3009 (another of its number was decided meanwhile), MESH-3020 (a demonstration in production), MESH-3022
   * (decided already by this person), MESH-3090 (by another in the same role), MESH-3086 (of a major that was retired meanwhile).
   */
  async decide(caller: Caller, id: string, given: DecideBody) {
    if (given.demonstration && this.#mode === 'production') {
      throw problem(governanceErrors.demonstrationRefused);
    }
    const outcome = await this.#store.transaction((em) => this.#decideIn(em, caller, id, given));
    // Thrown after the commit: what was found anew stays found.
    if (outcome.moved) throw problem(governanceErrors.changedSince);
    this.#registrar.wake();
    return { ...showProposal(outcome.proposal), decisions: [showDecision(outcome.decision)] };
  }

  async #decideIn(
    em: EntityManager,
    caller: Caller,
    id: string,
    given: DecideBody,
  ): Promise<Moved | Decided> {
    const { product } = await existing(em, id);
    await turn(em, `product:${product}`);
    const proposal = await lockProposal(em, id);
    const role = await this.#roleFor(em, caller, proposal, given);
    if (given.contentHash !== proposal.contentHash) throw problem(governanceErrors.contentMoved);
    if (!moveOf(proposal.state, given.decision)) {
      throw problem(governanceErrors.illegalMove, openMoves(proposal.state));
    }
    if (given.decision === 'approve' && (await this.#isMoved(em, proposal))) {
      return { moved: true, proposal };
    }
    const decision = await insertDecision(em, caller, proposal, role, given);
    await this.#carry(em, proposal, decision, given);
    return { moved: false, proposal, decision };
  }

  async #roleFor(
    em: EntityManager,
    caller: Caller,
    proposal: ProposalEntity,
    given: DecideBody,
  ): Promise<string> {
    const { contentHash } = proposal;
    const authors = authorsOf(await em.findBy(ProposalEntity, { contentHash }));
    const { decisionsNeeded, id } = proposal;
    const about = { decisionsNeeded, authors, approvals: await approvalsOf(em, id) };
    const person = await this.#covers.standingInFor(em, caller, partTakersIn(about));
    return roleOf(rulingOn(person, given.role, about));
  }

  // If what it was compared with is no longer the latest, it is compared anew; a decision on another list
  // of changes than was read is void. So is one on a version that is blocked by now: a waiver may have
  // ended since it was proposed, or the conformance date of a standard have come.
  async #isMoved(em: EntityManager, proposal: ProposalEntity): Promise<boolean> {
    const { contentHash, product, version } = proposal;
    const content = await em.findOneByOrFail(VersionContentEntity, { contentHash });
    const comparison = await comparisonFor(em, content.contract);
    await refuseTaken(em, product, version);
    await refuseRetired(em, proposal);
    const review = reviewVersion(content.files, content.contract, comparison);
    const isBlocked = blockersOf(review.checks).length > 0;
    if (comparison.comparedWith === proposal.comparedWith && !isBlocked) return false;
    const same = sameChanges(review.changes, proposal.changes);
    Object.assign(proposal, {
      checks: review.checks,
      changes: await touching(em, content.contract, review.changes),
      decisionsNeeded: review.decisionsNeeded,
      comparedWith: comparison.comparedWith,
      updatedAt: new Date(),
    });
    await em.save(ProposalEntity, proposal);
    return !same || isBlocked;
  }

  async #carry(
    em: EntityManager,
    proposal: ProposalEntity,
    decision: DecisionEntity,
    { reason, demonstration }: DecideBody,
  ): Promise<void> {
    const { decision: kind, role, decidedBy: actor, contentHash, at } = decision;
    const demo = demonstration ? { demonstration } : {};
    const by: By = { actor, role, detail: { reason, contentHash, ...demo } };
    if (kind !== 'approve') return this.#lifecycle.move(em, proposal, kind, by);
    const approvals = await approvalsOf(em, proposal.id);
    const roles = approvals.map((approval) => approval.role);
    if (!isComplete(proposal.decisionsNeeded, roles)) {
      return this.#lifecycle.note(em, proposal, 'proposal.approved-in-part', by);
    }
    await this.#lifecycle.move(em, proposal, 'approve', by, { decidedBy: actor, decidedAt: at });
    await this.#domains.accept(em, proposal.domain, by);
  }
}

async function existing(em: EntityManager, id: string): Promise<ProposalEntity> {
  const proposal = await em.findOneBy(ProposalEntity, { id });
  if (!proposal) throw problem(governanceErrors.proposalNotFound);
  return proposal;
}

/** The approvals that a proposal was given. */
export async function approvalsOf(
  em: EntityManager,
  proposalId: string,
): Promise<DecisionEntity[]> {
  return em.findBy(DecisionEntity, { proposalId, decision: 'approve' });
}

async function refuseTaken(em: EntityManager, product: string, version: string): Promise<void> {
  const taken = await em.existsBy(ProposalEntity, { product, version, state: In([...DECIDED]) });
  if (taken) throw problem(governanceErrors.versionTaken, `${product} ${version}`);
}

async function insertDecision(
  em: EntityManager,
  caller: Caller,
  { id, contentHash }: ProposalEntity,
  role: string,
  { decision, reason }: DecideBody,
): Promise<DecisionEntity> {
  const made = em.create(DecisionEntity, {
    id: newId(),
    proposalId: id,
    decision,
    role,
    reason,
    contentHash,
    decidedBy: caller.sub,
    team: caller.team,
    at: new Date(),
  });
  await em.insert(DecisionEntity, made);
  return made;
}
