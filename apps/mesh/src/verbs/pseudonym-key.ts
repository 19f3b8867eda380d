import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';

type KeyChange = {
  id: string;
  organisation: string;
  purpose: string;
  generation: number;
  keepDays: number;
  state: string;
  contentHash: string;
  proposedBy: string;
  reason: string;
};
type AskOptions = { organisation: string; purpose: string; keepDays?: string; reason: string };
type DecideOptions = { hash: string; reason: string };

const PATH = '/v1/pseudonym-key-changes';

/** `mesh pseudonym-key list|change|approve|refuse` */
export function registerPseudonymKey(program: Command, io: Io): void {
  const key = program
    .command('pseudonym-key')
    .description('other pseudonyms for a recipient, by decision');
  key
    .command('list')
    .description('changes asked for, newest first')
    .action((_: unknown, command: Command) => list(io, command));
  key
    .command('change')
    .description('ask for other pseudonyms for an organisation and a purpose')
    .requiredOption('--organisation <ods>', 'the recipient')
    .requiredOption('--purpose <purpose>', 'what it has its views for')
    .option('--keep-days <days>', 'how long its views so far are read beside the new (default: 30)')
    .requiredOption('--reason <text>', 'why')
    .action((_: unknown, command: Command) => ask(io, command));
  for (const decision of ['approve', 'refuse'])
    key
      .command(`${decision} <id>`)
      .description(`${decision} a change`)
      .requiredOption('--hash <hash>', 'the contentHash of what you read')
      .requiredOption('--reason <text>', 'why')
      .action((id: string, _: unknown, command: Command) => decide(io, id, decision, command));
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await api(io, options).get<{ items: KeyChange[] }>(PATH);
  print(io, options, reply, ({ items }) =>
    table(
      ['ID', 'RECIPIENT', 'PURPOSE', 'GENERATION', 'STATE', 'HASH'],
      items.map((one) => [
        ...[one.id, one.organisation, one.purpose, one.generation, one.state, one.contentHash],
      ]),
      'No changes.',
    ),
  );
}

async function ask(io: Io, command: Command): Promise<void> {
  const options = optionsOf<AskOptions>(command);
  const { organisation, purpose, keepDays, reason } = options;
  const days = keepDays === undefined ? {} : { keepDays: Number(keepDays) };
  const given = { organisation, purpose, reason, ...days };
  print(io, options, await api(io, options).post<KeyChange>(PATH, given), changeCard);
}

async function decide(io: Io, id: string, decision: string, command: Command): Promise<void> {
  const options = optionsOf<DecideOptions>(command);
  const given = { decision, contentHash: options.hash, reason: options.reason };
  const path = `${PATH}/${encodeURIComponent(id)}/decisions`;
  print(io, options, await api(io, options).post<KeyChange>(path, given), changeCard);
}

function changeCard(one: KeyChange): string {
  return card([
    ['id', one.id],
    ['recipient', `${one.organisation}, ${one.purpose}`],
    ['generation', String(one.generation)],
    ['former views', `read for ${one.keepDays} days from the decision`],
    ['state', one.state],
    ['hash', one.contentHash],
    ['asked by', one.proposedBy],
    ['reason', one.reason],
  ]);
}
