import { z } from 'zod';
import type { DecisionEntity } from '../decisions/decision.entity.js';
import { reason } from '../decisions/shapes.js';
import { pageQuery } from '../http/page.js';
import { STATES } from './lifecycle.js';
import type { ProposalEntity } from './proposal.entity.js';

const MOST_FILES = 200;
const LONGEST_FILE = 1_000_000;

const relativePath = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
    'A relative path of letters, digits, ".", "_" and "-" is expected.',
  );
const text = z
  .string()
  .max(LONGEST_FILE)
  .refine((value) => !value.includes('\0'), 'A text file without NUL characters is expected.');

/** The files of a version folder, by relative path. */
const files = z
  .record(relativePath, text)
  .refine((all) => Object.keys(all).length <= MOST_FILES, `At most ${MOST_FILES} files.`);

export const proposeBody = z.strictObject({
  files,
  reason,
  /** Marks a decision made to show the mesh; refused in production mode. */
  demonstration: z.boolean().default(false),
});
export type ProposeBody = z.output<typeof proposeBody>;

export const checkBody = z.strictObject({ files });

export const proposalQuery = z.strictObject({
  state: z.enum(STATES).optional(),
  product: z.string().max(100).optional(),
  domain: z.string().max(60).optional(),
  ...pageQuery,
});
export type ProposalQuery = z.output<typeof proposalQuery>;

/** A proposal as the API shows it. */
export function showProposal(proposal: ProposalEntity) {
  const { id, product, domain, version, major, contentHash, state, team, proposedBy } = proposal;
  const { reason: why, checks, changes, decisionsNeeded, comparedWith, failure } = proposal;
  return {
    id,
    product,
    version,
    contentHash,
    state,
    team,
    proposedBy,
    checks,
    changes,
    decisionsNeeded,
    decidedBy: proposal.decidedBy ?? null,
    domain,
    major,
    reason: why,
    comparedWith,
    replaces: proposal.replaces ?? null,
    decideBy: proposal.decideBy?.toISOString() ?? null,
    overdue: isOverdue(proposal, new Date()),
    demonstration: proposal.demonstration,
    proposedAt: proposal.createdAt.toISOString(),
    updatedAt: proposal.updatedAt.toISOString(),
    // One that was just made was not read back, and has neither yet.
    failure: failure ?? null,
    attempts: proposal.attempts,
    nextAttemptAt: proposal.nextAttemptAt?.toISOString() ?? null,
    schemaId: proposal.schemaId ?? null,
    publishedAt: proposal.publishedAt?.toISOString() ?? null,
  };
}

/** Is it past the day by which the mesh promised a decision? */
function isOverdue(
  { state, decideBy }: Pick<ProposalEntity, 'state' | 'decideBy'>,
  now: Date,
): boolean {
  return state === 'proposed' && decideBy !== null && decideBy !== undefined && decideBy <= now;
}

/** A decision as the API shows it. */
export function showDecision(decision: DecisionEntity) {
  const { decision: what, role, reason: why, decidedBy, contentHash, at } = decision;
  return { decision: what, role, reason: why, decidedBy, contentHash, at: at.toISOString() };
}
