import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type WaiverBody = {
  id: string;
  product: string;
  check: string;
  about: string | null;
  until: string;
  state: string;
  inForce: boolean;
  reason: string;
  contentHash: string;
  proposedBy: string;
  decisionsNeeded: string[];
  decision: { decidedBy: string; reason: string; at: string } | null;
};

type ProposeOptions = {
  product: string;
  check: string;
  about?: string;
  until: string;
  reason: string;
};
type DecideOptions = { hash: string; reason: string };

const STOPS = { withdraw: 'take a proposed waiver back', end: 'end a waiver before its time' };

/** `mesh waiver list|show|propose|approve|refuse|withdraw|end` */
export function registerWaiver(program: Command, io: Io): void {
  const waiver = program.command('waiver').description('time-limited exceptions from a check');
  paged(waiver.command('list').description('waivers, newest first'))
    .option('--product <id>', 'only of this product')
    .option('--state <state>', 'only of this state, such as approved')
    .action((_: unknown, command: Command) => list(io, command));
  waiver
    .command('show <id>')
    .description('one waiver')
    .action((id: string, _: unknown, command: Command) => show(io, id, command));
  waiver
    .command('propose')
    .description('propose a waiver to the governance leads')
    .requiredOption('--product <id>', 'the product')
    .requiredOption('--check <name>', 'the check, as a proposal names it')
    .option('--about <name>', 'the field or standard it is about')
    .requiredOption('--until <day>', 'the last day on which it holds, YYYY-MM-DD')
    .requiredOption('--reason <text>', 'why')
    .action((_: unknown, command: Command) => propose(io, command));
  for (const decision of ['approve', 'refuse'] as const)
    waiver
      .command(`${decision} <id>`)
      .description(`${decision} a waiver`)
      .requiredOption('--hash <hash>', 'the contentHash of what you read')
      .requiredOption('--reason <text>', 'why')
      .action((id: string, _: unknown, command: Command) => decide(io, id, decision, command));
  for (const [move, description] of Object.entries(STOPS))
    waiver
      .command(`${move} <id>`)
      .description(description)
      .requiredOption('--reason <text>', 'why')
      .action((id: string, _: unknown, command: Command) => stop(io, id, move, command));
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<PageOptions & { product?: string; state?: string }>(command);
  const { product, state } = options;
  const query = { product, state, ...pageOf(options) };
  const reply = await api(io, options).get<{ items: WaiverBody[] }>('/v1/waivers', query);
  print(io, options, reply, ({ items }) =>
    table(
      ['ID', 'PRODUCT', 'CHECK', 'ABOUT', 'UNTIL', 'STATE', 'HASH'],
      items.map((one) => [
        one.id,
        one.product,
        one.check,
        one.about,
        one.until,
        one.state,
        one.contentHash,
      ]),
      'No waivers.',
    ),
  );
}

function pathOf(id: string): string {
  return `/v1/waivers/${encodeURIComponent(id)}`;
}

async function show(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  print(io, options, await api(io, options).get<WaiverBody>(pathOf(id)), waiverCard);
}

async function propose(io: Io, command: Command): Promise<void> {
  const options = optionsOf<ProposeOptions>(command);
  const { product, check, about, until, reason } = options;
  const asked = { product, check, about, until, reason };
  print(io, options, await api(io, options).post<WaiverBody>('/v1/waivers', asked), waiverCard);
}

async function decide(io: Io, id: string, decision: string, command: Command): Promise<void> {
  const options = optionsOf<DecideOptions>(command);
  const { hash: contentHash, reason } = options;
  const given = { decision, contentHash, reason };
  const path = `${pathOf(id)}/decisions`;
  print(io, options, await api(io, options).post<WaiverBody>(path, given), waiverCard);
}

async function stop(io: Io, id: string, move: string, command: Command): Promise<void> {
  const options = optionsOf<{ reason: string }>(command);
  const { reason } = options;
  const path = `${pathOf(id)}/${move}`;
  print(io, options, await api(io, options).post<WaiverBody>(path, { reason }), waiverCard);
}

function waiverCard(one: WaiverBody): string {
  const { decision } = one;
  return card([
    ['id', one.id],
    ['product', one.product],
    ['check', one.check],
    ['about', one.about],
    ['until', one.until],
    ['state', one.inForce ? `${one.state}, in force` : one.state],
    ['hash', one.contentHash],
    ['proposed by', one.proposedBy],
    ['reason', one.reason],
    ['decided by', decision ? decision.decidedBy : one.decisionsNeeded],
    ['decided because', decision?.reason],
  ]);
}
