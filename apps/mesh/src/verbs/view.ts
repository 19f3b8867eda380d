import type { Command } from 'commander';
import { serviceApi } from '../http.js';
import type { Io } from '../io.js';
import { optionsOf, print, table } from '../output.js';

type Trouble = { since: string; code: string; why: string };
type View = {
  topic: string;
  grant: string;
  product: string;
  major: number;
  purpose: string;
  state: string;
  listedAt: string | null;
  held: Trouble | null;
  trouble: Trouble | null;
};
type Subscription = {
  topic: string;
  state: string;
  waitingFor: string | null;
  counts: Record<string, number>;
};
type OfWhich = { care?: boolean };

const CARE = 'those made for individual care, by a process of its own';

/** `mesh view list|subscriptions`: how disclosure stands, for those who run the mesh. */
export function registerView(program: Command, io: Io): void {
  const view = program.command('view').description('how the views of grants stand at disclosure');
  view
    .command('list')
    .description('every view: filled, followed or held, since when and why')
    .option('--care', CARE)
    .action((_: unknown, command: Command) => list(io, command));
  view
    .command('subscriptions')
    .description('how the reading of each edition stands that views are made from')
    .option('--care', CARE)
    .action((_: unknown, command: Command) => subscriptions(io, command));
}

const serviceOf = ({ care }: OfWhich): string => (care ? 'care-disclosure' : 'disclosure');

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<OfWhich>(command);
  const service = serviceApi(io, serviceOf(options), options);
  print(io, options, await service.get<{ items: View[] }>('/v1/views'), ({ items }) =>
    table(
      ['VIEW', 'GRANT', 'PURPOSE', 'STATE', 'LIST SINCE', 'HELD', 'NO NEWER LIST'],
      items.map((one) => [
        ...[one.topic, one.grant, one.purpose, one.state, one.listedAt],
        ...[inWords(one.held), inWords(one.trouble)],
      ]),
      'No views.',
    ),
  );
}

async function subscriptions(io: Io, command: Command): Promise<void> {
  const options = optionsOf<OfWhich>(command);
  const service = serviceApi(io, serviceOf(options), options);
  const reply = await service.get<{ items: Subscription[] }>('/v1/views/subscriptions');
  print(io, options, reply, ({ items }) =>
    table(
      ['EDITION', 'STATE', 'WAITING FOR', 'COUNTS'],
      items.map((one) => [
        ...[one.topic, one.state, one.waitingFor],
        Object.entries(one.counts).map(([name, count]) => `${name} ${count}`),
      ]),
      'No edition is read.',
    ),
  );
}

const inWords = (trouble: Trouble | null): string | null =>
  trouble && `since ${trouble.since}: ${trouble.why} (${trouble.code})`;
