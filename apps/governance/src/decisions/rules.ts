import { problem } from '@caremesh/platform';
import type { ErrorEntry } from '@caremesh/platform';
import { holds, isIndependentOf } from '../authority/authority.js';
import type { Author, Person } from '../authority/authority.js';
import { governanceErrors } from '../errors.js';

/** What the rules of deciding need to know of a proposal. */
export type Decidable = {
  decisionsNeeded: readonly string[];
  /** Everybody who proposed this content, by whatever proposal. */
  authors: readonly Author[];
  /** Approvals already given on it. */
  approvals: readonly { role: string; decidedBy: string }[];
};

/** The role a decision is taken in, or what refuses it. */
export type Ruling = { role: string } | { refusal: ErrorEntry; detail?: string };

/**
 * May this person decide, and in which role? They must hold a role that is asked for and not used yet, be
 * neither an author nor of an author's team, and not have approved in another role before. Pure.
 */
export function rulingOn(person: Person, wanted: string | undefined, about: Decidable): Ruling {
  const asked = wanted
    ? about.decisionsNeeded.filter((role) => role === wanted)
    : about.decisionsNeeded;
  const held = asked.filter((role) => holds(person, role));
  if (held.length === 0) {
    return {
      refusal: governanceErrors.notYourDecision,
      detail: `Needed: ${about.decisionsNeeded.join(', ')}`,
    };
  }
  if (!isIndependentOf(person, about.authors)) return { refusal: governanceErrors.ownProposal };
  if (about.approvals.some(({ decidedBy }) => decidedBy === person.sub)) {
    return { refusal: governanceErrors.ownWords };
  }
  const used = about.approvals.filter(({ role }) => held.includes(role));
  const open = held.find((role) => !used.some((approval) => approval.role === role));
  if (open) return { role: open };
  const told = used.map(({ role, decidedBy }) => `${role} by ${decidedBy}`);
  return { refusal: governanceErrors.roleUsed, detail: `Decided: ${told.join(', ')}` };
}

/**
 * Whose part in what is decided a deputy must not take: its authors', and that of who approved it in another role. Otherwise
 * somebody with two of its roles decides both, one of them through whom they chose. Pure.
 */
export function partTakersIn({ authors, approvals }: Omit<Decidable, 'decisionsNeeded'>): Author[] {
  return [...authors, ...approvals.map(({ decidedBy }) => ({ sub: decidedBy, team: null }))];
}

/**
 * What waits for a decision already, as the answer to whoever proposes the same again: it is theirs. Anybody else would be
 * one of its authors, and nothing would say so when they decide: throws MESH-3091.
 */
export function repeatedBy<T extends { id: string; proposedBy: string }>(
  { sub }: Pick<Person, 'sub'>,
  open: T,
): T {
  if (open.proposedBy === sub) return open;
  throw problem(
    governanceErrors.proposedAlready,
    `It is ${open.id}, proposed by ${open.proposedBy}`,
  );
}

/** The role of a ruling. Throws what refuses it. */
export function roleOf(ruling: Ruling): string {
  if ('role' in ruling) return ruling.role;
  throw problem(ruling.refusal, ruling.detail);
}

/** Has every role that is asked for approved? */
export function isComplete(needed: readonly string[], approvedRoles: readonly string[]): boolean {
  return needed.every((role) => approvedRoles.includes(role));
}
