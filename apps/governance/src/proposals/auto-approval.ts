import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { newId } from '../database/ids.js';
import { DecisionEntity } from '../decisions/decision.entity.js';
import { DECIDED } from './lifecycle.js';
import type { Lifecycle } from './lifecycle.service.js';
import { ProposalEntity } from './proposal.entity.js';

type Proposed = Pick<ProposalEntity, 'changes' | 'comparedWith' | 'checks'>;
type Checks = ProposalEntity['checks'];

/** A change that nobody needs to read before it goes out, and why. */
export type ApprovalPolicy = {
  name: string;
  title: string;
  /** The kinds of change it names; each must also be `safe`. */
  kinds: readonly string[];
};

/** The published policies, in the order they are tried. Anything they do not name is for people. */
export const APPROVAL_POLICIES: readonly ApprovalPolicy[] = [
  {
    name: 'documentation-only',
    title:
      'Words that explain the product change; nothing a record holds, promises or allows does.',
    kinds: ['documentation'],
  },
];

/**
 * The policy that approves a version, or null. Only a later version of a product that people approved
 * before; only if it changes something, and every change is one the policy names; only if its checks warn
 * of nothing that people had not read with the version before (`before`: the checks of that). Pure.
 */
export function policyFor(
  { changes, comparedWith, checks }: Proposed,
  before: Checks,
): ApprovalPolicy | null {
  if (comparedWith === null || changes.length === 0) return null;
  const read = new Set(failedIn(before));
  if (failedIn(checks).some((one) => !read.has(one))) return null;
  const isNamed = ({ kinds }: ApprovalPolicy) =>
    changes.every(({ class: kind, kind: what }) => kind === 'safe' && kinds.includes(what ?? ''));
  return APPROVAL_POLICIES.find(isNamed) ?? null;
}

function failedIn(checks: Checks): string[] {
  return checks
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ name, path, reason }) => JSON.stringify([name, path, reason]));
}

/** Approves the proposal if a policy does, in the caller's transaction, and writes down that it was a policy. */
export async function approveByPolicy(
  em: EntityManager,
  lifecycle: Lifecycle,
  proposal: ProposalEntity,
): Promise<void> {
  const { product, comparedWith } = proposal;
  const before = comparedWith
    ? await em.findOneBy(ProposalEntity, {
        product,
        contentHash: comparedWith,
        state: In([...DECIDED]),
      })
    : null;
  const policy = policyFor(proposal, before?.checks ?? []);
  if (!policy) return;
  const at = new Date();
  const actor = `policy:${policy.name}`;
  const { id, contentHash } = proposal;
  await em.insert(DecisionEntity, {
    id: newId(),
    proposalId: id,
    decision: 'approve',
    role: 'policy',
    reason: policy.title,
    contentHash,
    decidedBy: actor,
    team: null,
    at,
  });
  const detail = { policy: policy.name, reason: policy.title, contentHash };
  const by = { actor: 'svc-governance', role: 'policy', detail };
  await lifecycle.move(em, proposal, 'approve', by, { decidedBy: actor, decidedAt: at });
}
