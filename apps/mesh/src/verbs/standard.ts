import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { jsonOf } from '../json-file.js';
import { optionsOf, print, table } from '../output.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';
import { standardCard, standardProposalCard, standardTable } from './standard-text.js';
import type { StandardBody, StandardProposalBody, StandardRow } from './standard-text.js';

type ListOptions = PageOptions & {
  careSetting?: string;
  useCase?: string;
  state?: string;
  type?: string;
  mandated?: boolean;
};
type DecideOptions = { hash: string; reason: string };

/** `mesh standard list|browse|show|revisions|propose|proposals|proposal|approve|refuse|withdraw` */
export function registerStandard(program: Command, io: Io): Command {
  const standard = program.command('standard').description('find, understand and revise standards');
  paged(standard.command('list [words...]').description('standards in which all the words occur'))
    .option('--care-setting <setting>', 'only of this care setting, such as general-practice')
    .option('--use-case <use>', 'only of this use, such as prescribing')
    .option('--state <state>', 'draft, trial, active, deprecated or retired')
    .option('--type <type>', 'such as record-standard')
    .option('--mandated', 'only those that must be followed')
    .action((words: string[], _: unknown, command: Command) => list(io, words, command));
  standard
    .command('browse')
    .description('how many standards there are, by care setting and use')
    .action((_: unknown, command: Command) => browse(io, command));
  standard
    .command('show <id>')
    .description('one standard: summary, example, mandate, contact')
    .action((id: string, _: unknown, command: Command) => show(io, id, command));
  standard
    .command('revisions <id>')
    .description('every revision of a standard')
    .action((id: string, _: unknown, command: Command) => revisions(io, id, command));
  proposing(standard, io);
  return standard;
}

function proposing(standard: Command, io: Io): void {
  standard
    .command('propose <file>')
    .description('propose a standard, or a revision of one, from a JSON file')
    .requiredOption('--reason <text>', 'why')
    .action((file: string, _: unknown, command: Command) => propose(io, file, command));
  paged(standard.command('proposals').description('proposed revisions, newest first'))
    .option('--state <state>', 'only of this state, such as proposed')
    .action((_: unknown, command: Command) => proposals(io, command));
  standard
    .command('proposal <id>')
    .description('one proposed revision: what it changes, which products it reaches')
    .action((id: string, _: unknown, command: Command) => proposal(io, id, command));
  for (const decision of ['approve', 'refuse'] as const)
    standard
      .command(`${decision} <proposal>`)
      .description(`${decision} a proposed revision`)
      .requiredOption('--hash <hash>', 'the contentHash of what you read')
      .requiredOption('--reason <text>', 'why')
      .action((id: string, _: unknown, command: Command) => decide(io, id, decision, command));
  standard
    .command('withdraw <proposal>')
    .description('take a proposed revision back')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, _: unknown, command: Command) => withdraw(io, id, command));
}

async function list(io: Io, words: string[], command: Command): Promise<void> {
  const options = optionsOf<ListOptions>(command);
  const { careSetting, useCase, state, type, mandated } = options;
  const q = words.length > 0 ? words.join(' ') : undefined;
  const filter = { q, careSetting, useCase, state, type, mandated };
  const query = { ...filter, limit: 200, ...pageOf(options) };
  const reply = await api(io, options).get<{ items: StandardRow[] }>('/v1/standards', query);
  print(io, options, reply, ({ items }) => standardTable(items));
}

type Cell = { careSetting: string; useCase: string; count: number; standards: { id: string }[] };

async function browse(io: Io, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await api(io, options).get<{ items: Cell[] }>('/v1/standards/browse');
  print(io, options, reply, ({ items }) =>
    table(
      ['CARE SETTING', 'USE', 'STANDARDS'],
      items.map(({ careSetting, useCase, standards }) => [
        careSetting,
        useCase,
        standards.map(({ id }) => id),
      ]),
    ),
  );
}

async function show(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const path = `/v1/standards/${encodeURIComponent(id)}`;
  print(io, options, await api(io, options).get<StandardBody>(path), standardCard);
}

type Revision = { revision: number; at: string; approvedBy: string | null; contentHash: string };

async function revisions(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const path = `/v1/standards/${encodeURIComponent(id)}/revisions`;
  const reply = await api(io, options).get<{ items: Revision[] }>(path);
  print(io, options, reply, ({ items }) =>
    table(
      ['REVISION', 'AT', 'APPROVED BY', 'HASH'],
      items.map((one) => [one.revision, one.at, one.approvedBy ?? 'seeded', one.contentHash]),
    ),
  );
}

async function propose(io: Io, file: string, command: Command): Promise<void> {
  const options = optionsOf<{ reason: string }>(command);
  const standard = await jsonOf(io, file);
  const { reason } = options;
  const path = '/v1/standards/proposals';
  const reply = await api(io, options).post<StandardProposalBody>(path, { standard, reason });
  print(io, options, reply, standardProposalCard);
}

async function proposals(io: Io, command: Command): Promise<void> {
  const options = optionsOf<PageOptions & { state?: string }>(command);
  const reply = await api(io, options).get<{ items: StandardProposalBody[] }>(
    '/v1/standards/proposals',
    { state: options.state, ...pageOf(options) },
  );
  print(io, options, reply, ({ items }) =>
    table(
      ['ID', 'STANDARD', 'STATE', 'PROPOSED BY', 'HASH'],
      items.map((one) => [one.id, one.standard.id, one.state, one.proposedBy, one.contentHash]),
      'No proposals.',
    ),
  );
}

function pathOf(id: string): string {
  return `/v1/standards/proposals/${encodeURIComponent(id)}`;
}

async function proposal(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await api(io, options).get<StandardProposalBody>(pathOf(id));
  print(io, options, reply, standardProposalCard);
}

async function decide(io: Io, id: string, decision: string, command: Command): Promise<void> {
  const options = optionsOf<DecideOptions>(command);
  const { hash: contentHash, reason } = options;
  const given = { decision, contentHash, reason };
  const path = `${pathOf(id)}/decisions`;
  const reply = await api(io, options).post<StandardProposalBody>(path, given);
  print(io, options, reply, standardProposalCard);
}

async function withdraw(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<{ reason: string }>(command);
  const { reason } = options;
  const path = `${pathOf(id)}/withdraw`;
  const reply = await api(io, options).post<StandardProposalBody>(path, { reason });
  print(io, options, reply, standardProposalCard);
}
