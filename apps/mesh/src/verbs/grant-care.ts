import { Option } from 'commander';
import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { positive, wholeNumber } from '../numbers.js';
import { optionsOf, print, table } from '../output.js';
import { grantCard } from './grant-text.js';
import type { GrantBody } from './grant-text.js';

type BreakOptions = { product: string[]; major: number; hours?: number; reason: string };
type ReviewOptions = { outcome: string; reason: string; reviewOn?: string };
type Use = {
  items: {
    grant: string;
    organisation: string;
    topic: string;
    lag?: number | null;
    lastReadAt: string | null;
    unused: boolean;
    ways?: { way: string; lastAt: string; times: number | null; records: number | null }[];
    schemas?: { schemaId: number; version: string }[];
  }[];
};

/** `mesh grant break-glass|review|use` */
export function registerCare(grant: Command, io: Io): void {
  grant
    .command('break-glass')
    .description('emergency access for individual care: at once, short, reviewed afterwards')
    .requiredOption('--product <id...>', 'the product, or several of the same major')
    .option('--major <n>', 'its major version', wholeNumber, 1)
    .option('--hours <n>', 'for how long, at most as long as the mesh allows', positive)
    .requiredOption('--reason <text>', 'what is happening')
    .action((_: unknown, command: Command) => breakGlass(io, command));
  grant
    .command('review <id>')
    .description('review emergency access, or a grant whose review is due')
    .addOption(
      new Option('--outcome <outcome>', 'what was found')
        .choices(['justified', 'not-justified'])
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'why')
    .option('--review-on <day>', 'the next review of a grant that goes on')
    .action((id: string, _: unknown, command: Command) => review(io, id, command));
  grant
    .command('use [id]')
    .description(
      'lag, last read, volume and schemas of a grant, by each way out; of all grants with --product',
    )
    .option('--product <id>', 'every live grant of this product that you may see')
    .action((id: string | undefined, _: unknown, command: Command) => use(io, id, command));
}

async function breakGlass(io: Io, command: Command): Promise<void> {
  const options = optionsOf<BreakOptions>(command);
  const { major, hours, reason } = options;
  const products = options.product.map((product) => ({ product, major }));
  const given = { products, reason, ...(hours && { hours }) };
  const path = '/v1/grants/break-glass';
  print(io, options, await api(io, options).post<GrantBody>(path, given), grantCard);
}

async function review(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<ReviewOptions>(command);
  const { outcome, reason, reviewOn } = options;
  const path = `/v1/grants/${encodeURIComponent(id)}/review`;
  const given = { outcome, reason, reviewOn };
  print(io, options, await api(io, options).post<GrantBody>(path, given), grantCard);
}

async function use(io: Io, id: string | undefined, command: Command): Promise<void> {
  const options = optionsOf<{ product?: string }>(command);
  const { product } = options;
  if (Boolean(id) === Boolean(product)) command.error('Name a grant, or --product.');
  const path = product
    ? `/v1/products/${encodeURIComponent(product)}/use`
    : `/v1/grants/${encodeURIComponent(id ?? '')}/use`;
  print(io, options, await api(io, options).get<Use>(path), ({ items }) =>
    table(
      ['GRANT', 'ORGANISATION', 'TOPIC', 'LAG', 'LAST READ', 'UNUSED', 'SCHEMAS', 'BY'],
      items.map((one) => [
        ...[one.grant, one.organisation, one.topic, one.lag],
        ...[one.lastReadAt ?? 'never', one.unused ? 'yes' : 'no'],
        one.schemas?.map(({ schemaId, version }) => `${version} (${schemaId})`),
        one.ways?.length ? one.ways.map(wayText) : null,
      ]),
      'No grants.',
    ),
  );
}

/** `sql 2026-11-01T09:00:00.000Z (3 times)`: how much is said where it is known. */
function wayText({
  way,
  lastAt,
  times,
  records,
}: NonNullable<Use['items'][number]['ways']>[number]) {
  const amounts = [
    ...(times === null ? [] : [`${times} ${times === 1 ? 'time' : 'times'}`]),
    ...(records === null ? [] : [`${records} ${records === 1 ? 'record' : 'records'}`]),
  ];
  return `${way} ${lastAt} (${amounts.join(', ')})`;
}
