import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { optionsOf, print, table } from '../output.js';

type Drift = {
  kind: string;
  object: string;
  outcome: string;
  detail: Record<string, unknown>;
  foundAt: string;
};
type FilterOptions = { kind?: string; outcome?: string; object?: string; cursor?: string };

/** `mesh drift`: what was found to differ from what was decided. */
export function registerDrift(program: Command, io: Io): void {
  program
    .command('drift')
    .description('what differed from what was decided, newest first')
    .option('--kind <kind>', 'topic, setting, partitions, rule, quota, subject or compatibility')
    .option('--outcome <outcome>', 'found, repaired, standing or cleared')
    .option('--object <object>', 'only about this, such as topic:gp.medication-statement.v1')
    .option('--cursor <cursor>', 'the "next" of the page before')
    .action((_: unknown, command: Command) => list(io, command));
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<FilterOptions>(command);
  const { kind, outcome, object, cursor } = options;
  const query = { kind, outcome, object, cursor };
  const reply = await api(io, options).get<{ items: Drift[] }>('/v1/drift', query);
  print(io, options, reply, ({ items }) =>
    table(
      ['FOUND', 'WHAT', 'OBJECT', 'OUTCOME', 'DETAIL'],
      items.map((one) => [one.foundAt, one.kind, one.object, one.outcome, one.detail]),
      'Nothing differs from what was decided.',
    ),
  );
}
