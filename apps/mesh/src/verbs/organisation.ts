import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type Organisation = {
  ods: string;
  name: string;
  kind: string;
  opened: string | null;
  closed: string | null;
  on: string;
  state: string;
  successors: { ods: string | null; name: string }[];
};

/** `mesh organisation list|show` */
export function registerOrganisation(program: Command, io: Io): void {
  const organisation = program
    .command('organisation')
    .description('organisations by ODS code, and the days between which they exist');
  paged(organisation.command('list').description('all, or those with words in their name'))
    .option('--q <words>', 'words of the name, or a code')
    .option('--kind <kind>', 'nhs-trust or integrated-care-board')
    .option('--on <day>', 'only those that stand on this day (YYYY-MM-DD)')
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf<PageOptions & Record<string, string>>(command);
      const { q, kind, on } = options;
      const query = { q, kind, on, ...pageOf(options) };
      const reply = await api(io, options).get<{ items: Organisation[] }>(
        '/v1/organisations',
        query,
      );
      print(io, options, reply, ({ items }) =>
        table(
          ['ODS', 'NAME', 'STATE', 'CLOSED', 'AFTER IT'],
          items.map((one) => [one.ods, one.name, one.state, one.closed, successorsOf(one)]),
          'No organisations.',
        ),
      );
    });
  organisation
    .command('show <ods>')
    .description('one organisation, and where it stands on a day')
    .option('--on <day>', 'YYYY-MM-DD; today if left out')
    .action(async (ods: string, _: unknown, command: Command) => {
      const options = optionsOf<{ on?: string }>(command);
      const path = `/v1/organisations/${encodeURIComponent(ods)}`;
      const reply = await api(io, options).get<Organisation>(path, { on: options.on });
      print(io, options, reply, (one) =>
        card([
          ['ods', one.ods],
          ['name', one.name],
          ['kind', one.kind],
          ['opened', one.opened],
          ['closed', one.closed],
          [`on ${one.on}`, one.state],
          ['after it', successorsOf(one)],
        ]),
      );
    });
}

function successorsOf({ successors }: Organisation): string[] {
  return successors.map(({ ods, name }) => (ods === null ? name : `${ods} ${name}`));
}
