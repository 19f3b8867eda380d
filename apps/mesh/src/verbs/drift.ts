import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { optionsOf, print, table } from '../output.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type Drift = {
  kind: string;
  object: string;
  outcome: string;
  detail: Record<string, unknown>;
  foundAt: string;
};
type FilterOptions = PageOptions & { kind?: string; outcome?: string; object?: string };

/** `mesh drift`: what was found to differ from what was decided. */
export function registerDrift(program: Command, io: Io): void {
  paged(program.command('drift').description('what differed from what was decided, newest first'))
    .option('--kind <kind>', 'topic, setting, partitions, rule, quota, subject or compatibility')
    .option('--outcome <outcome>', 'found, repaired, standing or cleared')
    .option('--object <object>', 'only about this, such as topic:gp.medication-statement.v1')
    .action((_: unknown, command: Command) => list(io, command));
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<FilterOptions>(command);
  const { kind, outcome, object } = options;
  const query = { kind, outcome, object, ...pageOf(options) };
  const reply = await api(io, options).get<{ items: Drift[] }>('/v1/drift', query);
  print(io, options, reply, ({ items }) =>
    table(
      ['FOUND', 'WHAT', 'OBJECT', 'OUTCOME', 'DETAIL'],
      items.map((one) => [one.foundAt, one.kind, one.object, one.outcome, one.detail]),
      'Nothing differs from what was decided.',
    ),
  );
}
