import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type Cover = {
  id: string;
  role: string;
  holder: string;
  deputy: string;
  from: string;
  until: string;
  endedAt: string | null;
  inForce: boolean;
  reason: string;
};
type GiveOptions = { role: string; deputy: string; until: string; from?: string; reason: string };

/** `mesh cover give|list|end`: who decides while somebody is away. */
export function registerCover(program: Command, io: Io): void {
  const cover = program.command('cover').description('who decides while somebody is away');
  cover
    .command('give')
    .description('have somebody else decide in a role of yours, until the end of a day')
    .requiredOption('--role <role>', 'a role that you hold, such as governance-lead')
    .requiredOption('--deputy <sub>', 'who decides meanwhile, such as user-governance-lead-2')
    .requiredOption('--until <day>', 'its last day, YYYY-MM-DD')
    .option('--from <day>', 'its first day; now, if absent')
    .requiredOption('--reason <text>', 'why')
    .action((_: unknown, command: Command) => give(io, command));
  paged(cover.command('list').description('who covers for whom, newest first'))
    .option('--role <role>', 'only in this role')
    .action((_: unknown, command: Command) => list(io, command));
  cover
    .command('end <id>')
    .description('end a cover now')
    .action((id: string, _: unknown, command: Command) => end(io, id, command));
}

async function give(io: Io, command: Command): Promise<void> {
  const options = optionsOf<GiveOptions>(command);
  const { role, deputy, until, from, reason } = options;
  const given = { role, deputy, until, from, reason };
  print(io, options, await api(io, options).post<Cover>('/v1/covers', given), coverCard);
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<PageOptions & { role?: string }>(command);
  const query = { role: options.role, ...pageOf(options) };
  const reply = await api(io, options).get<{ items: Cover[] }>('/v1/covers', query);
  print(io, options, reply, ({ items }) =>
    table(
      ['ID', 'ROLE', 'FOR', 'DECIDES', 'FROM', 'UNTIL', 'IN FORCE'],
      items.map((one) => [
        one.id,
        one.role,
        one.holder,
        one.deputy,
        one.from,
        one.endedAt ?? one.until,
        one.inForce ? 'yes' : 'no',
      ]),
      'Nobody covers for anybody.',
    ),
  );
}

async function end(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const path = `/v1/covers/${encodeURIComponent(id)}`;
  print(io, options, await api(io, options).send<Cover>('DELETE', path), coverCard);
}

function coverCard({ id, role, holder, deputy, from, until, endedAt, reason }: Cover): string {
  return card([
    ['id', id],
    ['role', role],
    ['for', holder],
    ['decides', deputy],
    ['from', from],
    ['until', endedAt ?? until],
    ['reason', reason],
  ]);
}
