import { problem } from '@caremesh/platform';
import type { ErrorEntry } from '@caremesh/platform';
import { holds, isIndependentOf, isOwnerOf } from '../authority/authority.js';
import type { Author, Person } from '../authority/authority.js';
import { grantErrors } from '../errors.js';
import type { GrantStep } from './grant.entity.js';
import { openGrantMoves } from './lifecycle.js';
import type { GrantState } from './lifecycle.js';

/** What the rules need to know of a grant. */
export type Grantable = {
  state: GrantState;
  kind: 'individual-care' | 'view';
  requester: Author;
  steps: readonly GrantStep[];
  domains: readonly string[];
  /** A later end that is asked for: its steps, and its requester as they were when they asked. */
  extension?: { steps: readonly GrantStep[]; requester: Author } | null;
  /** Taken in an emergency: its one step is its requester's own word. */
  emergency?: boolean;
  /** The role that suspended it, while it is suspended. */
  suspendedAs?: string | null;
};

type GrantDecision = 'approve' | 'refuse' | 'changes' | 'revoke' | 'suspend' | 'renew';

/** Looking back at a grant is ruled as its decisions are. */
type Ruled = GrantDecision | 'review';

/** The role a decision is taken in, and the step it decides where it decides one; or what refuses it. */
export type GrantRuling =
  { role: string; step: number | null } | { refusal: ErrorEntry; detail?: string };

/** Who sees every grant; of drafts, which nobody has asked for yet, only who sees those too. */
export const SEES_DRAFTS = ['auditor', 'administrator'];
/** The information-governance lead too: what they may revoke, individual care included, they must find. */
export const SEES_ALL = [...SEES_DRAFTS, 'ig-lead'];

/** The decisions a grant needs, in order: the owner of each product's domain, then who guards the purpose. */
export function stepsFor(kind: Grantable['kind'], domains: readonly string[]): GrantStep[] {
  const guardian = kind === 'individual-care' ? 'caldicott-guardian' : 'ig-lead';
  const owners = [...new Set(domains)].sort((a, b) => a.localeCompare(b));
  return [...owners.map((domain) => `${domain}-owner`), guardian].map((role) => ({
    role,
    by: null,
    at: null,
  }));
}

/**
 * Requester, owners, deciders, the Caldicott guardian for individual care, auditor and administrator see a grant; so do the
 * mesh's own services. A draft is seen by those alone who decide on what was sent back. Whoever else may break the glass
 * decides nothing about somebody's emergency, and does not see it.
 */
export function maySee(person: Person, grant: Grantable): boolean {
  if (person.kind === 'service') return true;
  if (person.kind !== 'user') return false;
  const isAsked = grant.state !== 'draft';
  return (
    person.sub === grant.requester.sub ||
    (isAsked ? SEES_ALL : SEES_DRAFTS).some((role) => person.roles.includes(role)) ||
    (isAsked && grant.kind === 'individual-care' && person.roles.includes('caldicott-guardian')) ||
    (isAsked && grant.domains.some((domain) => isOwnerOf(person, domain))) ||
    (!grant.emergency && grant.steps.some(({ role }) => holds(person, role)))
  );
}

/** Decisions on the next step of what is asked for. */
const STEP_DECISIONS = ['approve', 'refuse', 'changes'] as const;
export type StepDecision = (typeof STEP_DECISIONS)[number];
/** Whether a word is one of the decisions that a step can be given. */
export const isStepDecision = (decision: string): decision is StepDecision =>
  STEP_DECISIONS.includes(decision as StepDecision);

/** The grant as its next step is decided: that of a later end, while one is asked for. */
export function stepping(grant: Grantable): Grantable {
  const { extension, state } = grant;
  const isExtending = extension && (state === 'active' || state === 'approved');
  return isExtending ? { ...grant, state: 'requested', ...extension } : grant;
}

/**
 * Whose part in what is decided a deputy must not take: its requester's, and that of who decided an earlier step of it.
 * Otherwise somebody with two of its roles decides both, one of them through whom they chose.
 */
export function partTakersOf({ state, requester, steps }: Grantable): Author[] {
  if (state !== 'requested') return [requester];
  const deciders = steps.flatMap(({ by }) => (by === null ? [] : [{ sub: by, team: null }]));
  return [requester, ...deciders];
}

/** Nobody does these to what they or their team asked for. Taking access away is none of them: whoever asked may give it up. */
const INDEPENDENT: readonly Ruled[] = ['renew', 'review'];
/** Suspends what lost its agreement; nobody holds the role, so any of those who may give access back does. */
const CLOCK = 'clock';

/**
 * May this person take this decision now? Approving and refusing is for the holder of the next step's role,
 * who is independent of the requester and decided no earlier step. Taking access away is for an owner, the
 * grant's guardian or an administrator, and revoking for its requester too. Giving it back is for an independent
 * one of them, in the role that took it. Pure.
 */
export function grantRuling(person: Person, grant: Grantable, decision: Ruled): GrantRuling {
  if (isStepDecision(decision)) return stepRuling(person, grant);
  const role = endingRoleOf(person, grant) ?? (decision === 'revoke' && ownRole(person, grant));
  if (!role) return { refusal: grantErrors.notYourGrant };
  if (INDEPENDENT.includes(decision) && !isIndependentOf(person, [grant.requester])) {
    return { refusal: grantErrors.ownGrant };
  }
  return decision === 'renew' ? renewalRuling(person, grant, role) : { role, step: null };
}

/** The ruling's role and step. Throws what refuses it. */
export function grantRoleOf(ruling: GrantRuling): { role: string; step: number | null } {
  if ('role' in ruling) return ruling;
  throw problem(ruling.refusal, ruling.detail);
}

function stepRuling(person: Person, grant: Grantable): GrantRuling {
  const held = grant.steps.filter(({ role }) => holds(person, role));
  if (held.length === 0) {
    return { refusal: grantErrors.notYourGrant, detail: `Needed: ${rolesOf(grant)}` };
  }
  if (!isIndependentOf(person, [grant.requester])) return { refusal: grantErrors.ownGrant };
  const next = grant.steps.findIndex(({ by }) => by === null);
  const step = grant.steps[next];
  if (grant.state !== 'requested' || !step) {
    return { refusal: grantErrors.illegalGrantMove, detail: openGrantMoves(grant.state) };
  }
  if (grant.steps.some(({ by }) => by === person.sub)) {
    return { refusal: grantErrors.decidedAlready };
  }
  if (!holds(person, step.role)) {
    return { refusal: grantErrors.illegalGrantMove, detail: `${step.role} decides first` };
  }
  return { role: step.role, step: next };
}

/** What one role took away, another does not give back: it may not know why. */
function renewalRuling(person: Person, { suspendedAs }: Grantable, role: string): GrantRuling {
  if (!suspendedAs || suspendedAs === CLOCK) return { role, step: null };
  if (holds(person, suspendedAs)) return { role: suspendedAs, step: null };
  return { refusal: grantErrors.suspendedByAnother, detail: `Suspended by: ${suspendedAs}` };
}

const ownRole = (person: Person, { requester }: Grantable): string | null =>
  person.kind === 'user' && person.sub === requester.sub ? 'requester' : null;

function endingRoleOf(person: Person, { kind, domains }: Grantable): string | null {
  if (person.kind !== 'user') return null;
  const owned = domains.find((domain) => isOwnerOf(person, domain));
  if (owned) return `${owned}-owner`;
  const guardians = kind === 'individual-care' ? ['ig-lead', 'caldicott-guardian'] : ['ig-lead'];
  return [...guardians, 'administrator'].find((role) => person.roles.includes(role)) ?? null;
}

function rolesOf({ steps }: Grantable): string {
  return steps.map(({ role }) => role).join(', then ');
}
