import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';
import { motionLines, registerDecisions, registerEnd } from './motion.js';
import type { Motion, MotionKind } from './motion.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type Agreement = Motion & {
  reference: string;
  organisations: string[];
  until: string | null;
  inForce: boolean;
};
type ProposeOptions = {
  reference: string;
  organisation: string[];
  until?: string;
  reason: string;
};

const AGREEMENT: MotionKind<Agreement> = {
  path: '/v1/agreements',
  noun: 'an agreement',
  card: agreementCard,
};

/** `mesh agreement list|propose|approve|refuse|end` */
export function registerAgreement(program: Command, io: Io): void {
  const agreement = program
    .command('agreement')
    .description('joint-controller agreements, under which individual care is read');
  paged(agreement.command('list').description('agreements, newest first')).action(
    (_: unknown, command: Command) => list(io, command),
  );
  agreement
    .command('propose')
    .description('propose an agreement to the governance leads')
    .requiredOption('--reference <text>', 'the name it has among its parties')
    .requiredOption('--organisation <ods...>', 'its parties')
    .option('--until <day>', 'its last day, YYYY-MM-DD (default: until it is ended)')
    .requiredOption('--reason <text>', 'why')
    .action((_: unknown, command: Command) => propose(io, command));
  registerDecisions(agreement, io, AGREEMENT);
  registerEnd(agreement, io, AGREEMENT);
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<PageOptions>(command);
  const reply = await api(io, options).get<{ items: Agreement[] }>(AGREEMENT.path, pageOf(options));
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
  print(io, options, await api(io, options).post<Agreement>(AGREEMENT.path, given), agreementCard);
}

function agreementCard(one: Agreement): string {
  return card([
    ['id', one.id],
    ['reference', one.reference],
    ['organisations', one.organisations],
    ['until', one.until ?? 'until it is ended'],
    ['state', one.inForce ? `${one.state}, in force` : one.state],
    ...motionLines(one),
  ]);
}
