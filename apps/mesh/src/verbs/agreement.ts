import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';

type Agreement = {
  id: string;
  reference: string;
  organisations: string[];
  until: string | null;
  state: string;
  inForce: boolean;
  contentHash: string;
  proposedBy: string;
  reason: string;
};
type ProposeOptions = {
  reference: string;
  organisation: string[];
  until?: string;
  reason: string;
};
type DecideOptions = { hash: string; reason: string };

/** `mesh agreement list|propose|approve|refuse|end` */
export function registerAgreement(program: Command, io: Io): void {
  const agreement = program
    .command('agreement')
    .description('joint-controller agreements, under which individual care is read');
  agreement
    .command('list')
    .description('agreements, newest first')
    .action((_: unknown, command: Command) => list(io, command));
  agreement
    .command('propose')
    .description('propose an agreement to the governance leads')
    .requiredOption('--reference <text>', 'the name it has among its parties')
    .requiredOption('--organisation <ods...>', 'its parties')
    .option('--until <day>', 'its last day, YYYY-MM-DD (default: until it is ended)')
    .requiredOption('--reason <text>', 'why')
    .action((_: unknown, command: Command) => propose(io, command));
  for (const decision of ['approve', 'refuse'])
    agreement
      .command(`${decision} <id>`)
      .description(`${decision} an agreement`)
      .requiredOption('--hash <hash>', 'the contentHash of what you read')
      .requiredOption('--reason <text>', 'why')
      .action((id: string, _: unknown, command: Command) => decide(io, id, decision, command));
  agreement
    .command('end <id>')
    .description('end an agreement, or take a proposed one back')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, _: unknown, command: Command) => end(io, id, command));
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await api(io, options).get<{ items: Agreement[] }>('/v1/agreements');
  print(io, options, reply, ({ items }) =>
    table(
      ['ID', 'REFERENCE', 'ORGANISATIONS', 'UNTIL', 'STATE', 'HASH'],
      items.map((one) => [
        ...[one.id, one.reference, one.organisations, one.until, one.state, one.contentHash],
      ]),
      'No agreements.',
    ),
  );
}

async function propose(io: Io, command: Command): Promise<void> {
  const options = optionsOf<ProposeOptions>(command);
  const { reference, organisation: organisations, until, reason } = options;
  const given = { reference, organisations, until, reason };
  print(
    io,
    options,
    await api(io, options).post<Agreement>('/v1/agreements', given),
    agreementCard,
  );
}

async function decide(io: Io, id: string, decision: string, command: Command): Promise<void> {
  const options = optionsOf<DecideOptions>(command);
  const given = { decision, contentHash: options.hash, reason: options.reason };
  const path = `/v1/agreements/${encodeURIComponent(id)}/decisions`;
  print(io, options, await api(io, options).post<Agreement>(path, given), agreementCard);
}

async function end(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<{ reason: string }>(command);
  const { reason } = options;
  const path = `/v1/agreements/${encodeURIComponent(id)}/end`;
  print(io, options, await api(io, options).post<Agreement>(path, { reason }), agreementCard);
}

function agreementCard(one: Agreement): string {
  return card([
    ['id', one.id],
    ['reference', one.reference],
    ['organisations', one.organisations],
    ['until', one.until ?? 'until it is ended'],
    ['state', one.inForce ? `${one.state}, in force` : one.state],
    ['hash', one.contentHash],
    ['proposed by', one.proposedBy],
    ['reason', one.reason],
  ]);
}
