import { sqlSettings } from '@caremesh/contract';
import type { SqlCredential } from '@caremesh/contract';
import type { Command } from 'commander';
import { credentialFor, withCredential } from '../consume/credential.js';
import type { CredentialChoice } from '../consume/credential.js';
import { serviceApi } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, printValue, table } from '../output.js';
import type { CommonOptions } from '../output.js';
import { SnapshotFetch } from '../port-files/fetch.js';
import type { Snapshot } from '../port-files/fetch.js';

const SERVICE = 'output-ports';

type Port = {
  grant: string;
  endsAt: string;
  paused: boolean;
  schema: string;
  tables: {
    table: string;
    topic: string;
    contract: { version: string };
    asOf: string | null;
    offsets: Record<string, number>;
  }[];
  sqlCredentials: { user: string; createdAt: string; expires: string }[];
};

/** `mesh port …`: the other ways out of a granted view, opened by who asked for the grant. */
export function registerPort(program: Command, io: Io): void {
  const port = program.command('port').description('a granted view as tables and files');
  port
    .command('open <grant>')
    .description('keep the views of a grant as tables of PostgreSQL')
    .action((id: string, _: unknown, command: Command) => open(io, id, command));
  port
    .command('show <grant>')
    .description('its tables, the offsets they stand at, and who may sign in')
    .action((id: string, _: unknown, command: Command) => show(io, id, command));
  port
    .command('snapshots <grant>')
    .description('the newest Parquet and CSV of each view')
    .action((id: string, _: unknown, command: Command) => snapshots(io, id, command));
  const fetching = port
    .command('fetch <grant>')
    .description('fetch the newest snapshots, with the credential of the grant')
    .option('--out <folder>', 'where to', '.')
    .option('--fresh', 'have them taken now; of a view that is being filled, once it is');
  withCredential(fetching).action((id: string, _: unknown, command: Command) =>
    fetchFiles(io, id, command),
  );
  port
    .command('close <grant>')
    .description('end tables, credentials and connections at once')
    .action((id: string, _: unknown, command: Command) => close(io, id, command));
  port
    .command('end-credential <grant> <user>')
    .description('end one SQL credential and what it has open')
    .action((id: string, user: string, _: unknown, command: Command) => end(io, id, user, command));
}

/** Opens the port, if it is not, and prints a new SQL credential as settings. */
export async function sqlCredential(io: Io, id: string, options: CommonOptions): Promise<void> {
  const service = serviceApi(io, SERVICE, options);
  await service.send('PUT', pathOf(id, 'output-port'));
  const reply = await service.post<SqlCredential>(pathOf(id, 'sql-credentials'));
  print(io, options, reply, (credential) => sqlSettings(credential).text);
}

async function open(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await serviceApi(io, SERVICE, options).send<Port>('PUT', pathOf(id, 'output-port'));
  print(io, options, reply, portCard);
}

async function show(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await serviceApi(io, SERVICE, options).get<Port>(pathOf(id, 'output-port'));
  print(io, options, reply, portCard);
}

async function snapshots(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const service = serviceApi(io, SERVICE, options);
  const reply = await service.get<{ items: Snapshot[] }>(pathOf(id, 'snapshots'));
  print(io, options, reply, ({ items }) =>
    table(
      ['SNAPSHOT', 'VIEW', 'TAKEN', 'AS OF', 'ROWS', 'CONTRACT', 'OFFSETS'],
      items.map((one) => [
        ...[one.id, one.topic, one.takenAt, one.asOf, one.rows, one.contract.version, one.offsets],
      ]),
      'No snapshots yet.',
    ),
  );
}

async function fetchFiles(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<CredentialChoice & { out: string; fresh?: boolean }>(command);
  const service = serviceApi(io, SERVICE, options);
  const { body } = await service.send<Port>('PUT', pathOf(id, 'output-port'));
  const fetching = await SnapshotFetch.with(io, id, await credentialFor(io, id, options));
  const topics = body.tables.map(({ topic }) => topic);
  const newest = await fetching.newest(topics, options.fresh ?? false);
  const items: Snapshot[] = [];
  const saved: string[] = [];
  for (const one of newest) {
    const { snapshot, paths } = await fetching.save(io, one, options.out);
    items.push(snapshot);
    saved.push(...paths);
  }
  printValue(io, options, { items, saved }, () => saved.join('\n'));
}

async function close(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  await serviceApi(io, SERVICE, options).send('DELETE', pathOf(id, 'output-port'));
  io.stderr(`The output port of ${id} is closed.\n`);
}

async function end(io: Io, id: string, user: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const path = `${pathOf(id, 'sql-credentials')}/${encodeURIComponent(user)}`;
  await serviceApi(io, SERVICE, options).send('DELETE', path);
  io.stderr(`The credential ${user} is ended.\n`);
}

function portCard({ grant, schema, endsAt, paused, tables, sqlCredentials }: Port): string {
  return [
    card([
      ['grant', grant],
      ['schema', schema],
      ['ends', endsAt],
      ['stands', paused ? 'paused: the grant is suspended' : 'open'],
    ]),
    table(
      ['TABLE', 'CONTRACT', 'AS OF', 'OFFSETS'],
      tables.map((one) => [one.table, one.contract.version, one.asOf, one.offsets]),
    ),
    table(
      ['SQL USER', 'MADE', 'EXPIRES'],
      sqlCredentials.map((one) => [one.user, one.createdAt, one.expires]),
      'No SQL credentials: mesh grant credentials <grant> --format psql',
    ),
  ].join('\n');
}

const pathOf = (id: string, what: string) => `/v1/grants/${encodeURIComponent(id)}/${what}`;
