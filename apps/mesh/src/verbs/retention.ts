import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type Extension = {
  id: string;
  product: string;
  state: string;
  until: string;
  reason: string;
  proposedBy: string;
  decidedBy: string | null;
};
type WithReason = { reason: string; until?: string };

/** `mesh retention list|extend|approve|refuse|end`: keeping records longer than their contract says. */
export function registerRetention(program: Command, io: Io): void {
  const retention = program
    .command('retention')
    .description('keep the records of a product longer than its contract says');
  paged(retention.command('list').description('extensions, newest first'))
    .option('--product <id>', 'only of this product')
    .option('--state <state>', 'proposed, approved, refused or ended')
    .action((_: unknown, command: Command) => list(io, command));
  retention
    .command('extend <product>')
    .description('propose it, as an owner')
    .requiredOption('--until <day>', 'the last day on which they are kept, YYYY-MM-DD')
    .requiredOption('--reason <text>', 'why')
    .action((product: string, _: unknown, command: Command) => extend(io, product, command));
  for (const decision of ['approve', 'refuse', 'end']) {
    retention
      .command(`${decision} <id>`)
      .description(`${decision} an extension, as information-governance lead`)
      .requiredOption('--reason <text>', 'why')
      .action((id: string, _: unknown, command: Command) => decide(io, id, decision, command));
  }
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<PageOptions & { product?: string; state?: string }>(command);
  const { product, state } = options;
  const query = { product, state, ...pageOf(options) };
  const reply = await api(io, options).get<{ items: Extension[] }>(
    '/v1/retention-extensions',
    query,
  );
  print(io, options, reply, ({ items }) =>
    table(
      ['ID', 'PRODUCT', 'STATE', 'UNTIL', 'PROPOSED BY', 'DECIDED BY', 'REASON'],
      items.map((one) => [
        one.id,
        one.product,
        one.state,
        one.until,
        one.proposedBy,
        one.decidedBy,
        one.reason,
      ]),
      'No extensions.',
    ),
  );
}

async function extend(io: Io, product: string, command: Command): Promise<void> {
  const options = optionsOf<WithReason>(command);
  const path = `/v1/products/${encodeURIComponent(product)}/retention-extensions`;
  const json = { until: options.until, reason: options.reason };
  print(io, options, await api(io, options).post<Extension>(path, json), extensionCard);
}

async function decide(io: Io, id: string, decision: string, command: Command): Promise<void> {
  const options = optionsOf<WithReason>(command);
  const path = `/v1/retention-extensions/${encodeURIComponent(id)}/decisions`;
  const json = { decision, reason: options.reason };
  print(io, options, await api(io, options).post<Extension>(path, json), extensionCard);
}

function extensionCard({ id, product, state, until, reason }: Extension): string {
  return card([
    ['extension', id],
    ['product', product],
    ['state', state],
    ['kept until', until],
    ['reason', reason],
  ]);
}
