import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { optionsOf, print, table } from '../output.js';
import { commentsTable, proposalCard } from './proposal-text.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';
import type { CommentBody, ProposalBody } from './proposal-text.js';

type ListOptions = PageOptions & { state?: string; product?: string; domain?: string };
type DecideOptions = { hash: string; reason: string; role?: string };

const BY_ITS_TEAM = {
  withdraw: 'take a proposal back',
  retry: 'have a version that failed carried out again',
};

/** `mesh proposal list|show|approve|refuse|changes|withdraw|retry|comment|comments` */
export function registerProposal(program: Command, io: Io): void {
  const proposal = program.command('proposal').description('read and decide proposed versions');
  paged(proposal.command('list').description('proposals you may see, newest first'))
    .option('--state <state>', 'only of this state, such as proposed')
    .option('--product <id>', 'only of this product')
    .option('--domain <name>', 'only of this domain')
    .action((_: unknown, command: Command) => list(io, command));
  proposal
    .command('show <id>')
    .description('one proposal: its changes, checks and decisions')
    .action((id: string, _: unknown, command: Command) => show(io, id, command));
  for (const decision of ['approve', 'refuse', 'changes'] as const) {
    proposal
      .command(`${decision} <id>`)
      .description(decision === 'changes' ? 'ask for changes' : `${decision} a proposal`)
      .requiredOption('--hash <hash>', 'the contentHash of what you read')
      .requiredOption('--reason <text>', 'why')
      .option('--role <role>', 'the role you decide in, if you hold more than one')
      .action((id: string, _: unknown, command: Command) => decide(io, id, decision, command));
  }
  for (const [move, description] of Object.entries(BY_ITS_TEAM)) {
    proposal
      .command(`${move} <id>`)
      .description(description)
      .requiredOption('--reason <text>', 'why')
      .action((id: string, _: unknown, command: Command) => ask(io, id, move, command));
  }
  proposal
    .command('comment <id>')
    .description('say something about a proposal to everybody who may see it')
    .requiredOption('--text <text>', 'what')
    .option('--path <path>', 'what it is about, as a path of its changes or checks')
    .action((id: string, _: unknown, command: Command) => comment(io, id, command));
  paged(
    proposal.command('comments <id>').description('what was said about a proposal, oldest first'),
  ).action((id: string, _: unknown, command: Command) => comments(io, id, command));
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<ListOptions>(command);
  const { state, product, domain } = options;
  const reply = await api(io, options).get<{ items: ProposalBody[] }>('/v1/proposals', {
    state,
    product,
    domain,
    ...pageOf(options),
  });
  print(io, options, reply, ({ items }) =>
    table(
      ['ID', 'VERSION', 'STATE', 'PROPOSED BY', 'DECISION', 'YOU AS', 'HASH'],
      items.map((one) => [
        one.id,
        `${one.product} ${one.version}`,
        one.state,
        one.proposedBy,
        decisionText(one),
        one.mayDecide ?? [],
        one.contentHash,
      ]),
      'No proposals.',
    ),
  );
}

/** Who or which policy decided, or whose decision is waited for. */
function decisionText({ state, decidedBy, decisionsNeeded }: ProposalBody): string | null {
  const waits = state === 'proposed' ? `waits for ${decisionsNeeded.join(', ')}` : null;
  return decidedBy ?? waits;
}

async function show(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const path = `/v1/proposals/${encodeURIComponent(id)}`;
  print(io, options, await api(io, options).get<ProposalBody>(path), proposalCard);
}

async function decide(io: Io, id: string, decision: string, command: Command): Promise<void> {
  const options = optionsOf<DecideOptions>(command);
  const { hash: contentHash, reason, role } = options;
  const path = `/v1/proposals/${encodeURIComponent(id)}/decisions`;
  const given = { decision, contentHash, reason, role };
  print(io, options, await api(io, options).post<ProposalBody>(path, given), proposalCard);
}

async function ask(io: Io, id: string, move: string, command: Command): Promise<void> {
  const options = optionsOf<{ reason: string }>(command);
  const path = `/v1/proposals/${encodeURIComponent(id)}/${move}`;
  const { reason } = options;
  print(io, options, await api(io, options).post<ProposalBody>(path, { reason }), proposalCard);
}

async function comment(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<{ text: string; path?: string }>(command);
  const { text, path: about } = options;
  const path = `/v1/proposals/${encodeURIComponent(id)}/comments`;
  const reply = await api(io, options).post<CommentBody>(path, { text, path: about });
  print(io, options, reply, (one) => commentsTable([one]));
}

async function comments(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<PageOptions>(command);
  const path = `/v1/proposals/${encodeURIComponent(id)}/comments`;
  const reply = await api(io, options).get<{ items: CommentBody[] }>(path, pageOf(options));
  print(io, options, reply, ({ items }) => commentsTable(items));
}
