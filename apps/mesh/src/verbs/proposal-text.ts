import type { Change, Check } from '@caremesh/contract';
import { card, table } from '../output.js';

/** What the mesh found about a version, as HTTP gives it. */
export type ReviewBody = {
  product: string;
  version: string;
  contentHash: string;
  checks: Check[];
  changes: (Change & { grants?: { id: string; organisation: string }[] })[];
  decisionsNeeded: string[];
};

export type ProposalBody = ReviewBody & {
  id: string;
  state: string;
  team: string;
  proposedBy: string;
  reason: string;
  failure: string | null;
  nextAttemptAt?: string | null;
  decideBy?: string | null;
  overdue?: boolean;
  /** Roles in which whoever asked may decide now, as themselves or for whom they stand in. */
  mayDecide?: string[];
  /** Who or which policy decided last; null while nobody did. */
  decidedBy?: string | null;
  comments?: number;
  changedSince?: { proposal: string; changes: ReviewBody['changes'] } | null;
  decisions?: { decision: string; role: string; decidedBy: string; reason: string; at: string }[];
};

export type CommentBody = { author: string; at: string; path: string | null; text: string };

/** What was said, oldest first. */
export function commentsTable(comments: readonly CommentBody[]): string {
  const rows = comments.map(({ at, author, path, text }) => [at, author, path ?? '', text]);
  return table(['AT', 'WHO', 'ABOUT', 'WHAT'], rows, 'Nobody said anything yet.');
}

/** Failed checks with what to do; a line of count for those that passed. */
export function checksTable(checks: readonly Check[]): string {
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  const passed = checks.length - failed.length;
  if (failed.length === 0) return `All ${passed} checks passed.`;
  const rows = failed.map(({ name, severity, path, reason, fix, waiver }) => [
    name,
    waiver ? `waived until ${waiver.until}` : severity,
    path,
    reason,
    fix,
  ]);
  return `${table(['CHECK', 'SEVERITY', 'WHERE', 'WHY', 'FIX'], rows)}\n${passed} other checks passed.`;
}

/** Each change in words, with the grants it touches. */
export function changesTable(changes: ReviewBody['changes']): string {
  const rows = changes.map(({ class: kind, sentence, grants = [] }) => [
    kind,
    sentence,
    grants.map(({ id, organisation }) => `${organisation} (${id})`),
  ]);
  return table(['CLASS', 'CHANGE', 'GRANTS'], rows, 'Nothing changes.');
}

/** One proposal, whole. */
export function proposalCard(proposal: ProposalBody): string {
  const { id, product, version, state, proposedBy, team, reason, failure } = proposal;
  const facts: [string, unknown][] = [
    ['id', id],
    ['version', `${product} ${version}`],
    ['state', state],
    ['hash', proposal.contentHash],
    ['proposed by', `${proposedBy} (${team})`],
    ['reason', reason],
    // Who did decide is listed below.
    [state === 'proposed' ? 'to be decided by' : 'decided as', proposal.decisionsNeeded],
    ...(proposal.mayDecide?.length
      ? [['you may decide as', proposal.mayDecide] satisfies [string, unknown]]
      : []),
    ...(proposal.decideBy && state === 'proposed' ? [decideBy(proposal)] : []),
    ...(proposal.comments ? [['comments', proposal.comments] satisfies [string, unknown]] : []),
    ...(failure ? failureOf(proposal) : []),
  ];
  const since = proposal.changedSince;
  const decisions = (proposal.decisions ?? []).map((one) => [
    one.decision,
    one.role,
    one.decidedBy,
    one.at,
    one.reason,
  ]);
  return [
    card(facts),
    changesTable(proposal.changes),
    ...(since ? [`Since proposal ${since.proposal}:\n${changesTable(since.changes)}`] : []),
    checksTable(proposal.checks),
    ...(decisions.length > 0 ? [table(['DECISION', 'ROLE', 'BY', 'AT', 'REASON'], decisions)] : []),
  ].join('\n\n');
}

/** A decision that is being carried out has not failed: it waits, and is tried again by itself. */
function failureOf({ state, failure, nextAttemptAt }: ProposalBody): [string, unknown][] {
  if (state !== 'registering') return [['failure', failure]];
  return [
    ['decided, waits', failure],
    ['tried again', nextAttemptAt],
  ];
}

function decideBy({ decideBy: day, overdue }: ProposalBody): [string, unknown] {
  return ['decide by', overdue ? `${day} (overdue)` : day];
}
