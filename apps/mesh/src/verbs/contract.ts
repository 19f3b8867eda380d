import { checkVersion, contentHash, parseVersion } from '@caremesh/contract';
import type { Check } from '@caremesh/contract';
import type { Command } from 'commander';
import { releasedStandards } from '../catalogue-folder.js';
import { cliError, meshErrors } from '../errors.js';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { optionsOf, print, printValue } from '../output.js';
import { versionFolder } from '../version-folder.js';
import { changesTable, checksTable, proposalCard } from './proposal-text.js';
import type { ProposalBody, ReviewBody } from './proposal-text.js';

/** `mesh contract lint|diff|propose <folder>` */
export function registerContract(program: Command, io: Io): void {
  const contract = program.command('contract').description('check, compare and propose a version');
  contract
    .command('lint <folder>')
    .description('run the checks on a version folder; works offline')
    .option('--after <folder>', 'the version before it, of which it is the next')
    .action((folder: string, _: unknown, command: Command) => lint(io, folder, command));
  contract
    .command('diff <folder>')
    .description('the checks and changes that proposing it would show; nothing is stored')
    .action((folder: string, _: unknown, command: Command) => diff(io, folder, command));
  contract
    .command('propose <folder>')
    .description('propose the version to the governance leads')
    .requiredOption('--reason <text>', 'why it is proposed')
    .action((folder: string, _: unknown, command: Command) => propose(io, folder, command));
}

async function lint(io: Io, folder: string, command: Command): Promise<void> {
  const options = optionsOf<{ after?: string }>(command);
  const files = await versionFolder(io, folder);
  const latest = options.after === undefined ? null : await versionFolder(io, options.after);
  const today = new Date().toISOString().slice(0, 10);
  const checks = checkVersion(files, {
    ...(latest && { latest }),
    standards: { today, all: await releasedStandards(io) },
  });
  const { contract } = parseVersion(files);
  const result = {
    product: contract?.product ?? null,
    version: contract?.version ?? null,
    contentHash: contentHash(files),
    checks,
  };
  printValue(io, options, result, ({ checks: all }) => checksTable(all));
  if (checks.some(blocks)) throw cliError(meshErrors.checkFailed, `${folder} cannot be proposed.`);
}

function blocks({ severity, outcome }: Check): boolean {
  return severity === 'blocks' && outcome === 'failed';
}

async function diff(io: Io, folder: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const files = await versionFolder(io, folder);
  const reply = await api(io, options).post<ReviewBody>('/v1/proposals/checks', { files });
  print(io, options, reply, ({ changes, checks, decisionsNeeded }) =>
    [changesTable(changes), `Decided by: ${decisionsNeeded.join(', ')}`, checksTable(checks)].join(
      '\n\n',
    ),
  );
  if (reply.body.checks.some(blocks)) throw cliError(meshErrors.checkFailed);
}

async function propose(io: Io, folder: string, command: Command): Promise<void> {
  const options = optionsOf<{ reason: string }>(command);
  const files = await versionFolder(io, folder);
  const { reason } = options;
  const reply = await api(io, options).post<ProposalBody>('/v1/proposals', { files, reason });
  print(io, options, reply, proposalCard);
}
