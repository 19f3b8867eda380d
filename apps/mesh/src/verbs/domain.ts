import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../numbers.js';
import { optionsOf, print, table } from '../output.js';

type Quota = { bytesPerSecond: number; requestPercent: number };
type Domain = {
  name: string;
  quota: Quota | null;
  acceptedBy?: string;
  standingSince?: string | null;
};
type QuotaOptions = { bytesPerSecond: number; requestPercent: number; reason: string };

/** `mesh domain list|quota|set-quota`: the accepted domains, and how much of the broker each may use. */
export function registerDomain(program: Command, io: Io): void {
  const domain = program
    .command('domain')
    .description('the accepted domains, and how much of the broker each may use');
  domain
    .command('list')
    .description('every accepted domain with its quota')
    .action((_: unknown, command: Command) => list(io, command));
  domain
    .command('quota <name>')
    .description('what a domain may use of the broker')
    .action((name: string, _: unknown, command: Command) => show(io, name, command));
  domain
    .command('set-quota <name>')
    .description('decide another quota, as a governance lead who is not of that domain')
    .requiredOption(
      '--bytes-per-second <n>',
      'bytes it may write, and read, in a second',
      wholeNumber,
    )
    .requiredOption(
      '--request-percent <n>',
      'share of a broker thread’s time, per cent',
      wholeNumber,
    )
    .requiredOption('--reason <text>', 'why')
    .action((name: string, _: unknown, command: Command) => decide(io, name, command));
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await api(io, options).get<{ items: Domain[] }>('/v1/domains');
  print(io, options, reply, ({ items }) => domainsTable(items));
}

async function show(io: Io, name: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const path = `/v1/domains/${encodeURIComponent(name)}`;
  print(io, options, await api(io, options).get<Domain>(path), (one) => domainsTable([one]));
}

async function decide(io: Io, name: string, command: Command): Promise<void> {
  const options = optionsOf<QuotaOptions>(command);
  const { bytesPerSecond, requestPercent, reason } = options;
  const path = `/v1/domains/${encodeURIComponent(name)}/quota`;
  const given = { quota: { bytesPerSecond, requestPercent }, reason };
  print(io, options, await api(io, options).post<Domain>(path, given), (one) =>
    domainsTable([one]),
  );
}

function domainsTable(domains: readonly Domain[]): string {
  return table(
    ['DOMAIN', 'BYTES A SECOND', 'REQUEST TIME %', 'ACCEPTED BY', 'STANDS SINCE'],
    domains.map(({ name, quota, acceptedBy, standingSince }) => [
      name,
      quota?.bytesPerSecond ?? 'as set for all',
      quota?.requestPercent ?? 'as set for all',
      acceptedBy ?? null,
      standingSince ?? null,
    ]),
    'No domain is accepted yet.',
  );
}
