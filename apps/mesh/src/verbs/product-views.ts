import { treatedAs } from '@caremesh/contract';
import type { FieldPromise } from '@caremesh/contract';
import { Option } from 'commander';
import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';
import { paged } from './paging.js';

type Change = { path: string; class: string; sentence: string };
type Version = {
  version: string;
  state: string;
  contentHash: string;
  topic: string;
  schemaId: number | null;
  proposedBy: string;
  publishedAt: string | null;
  decisions: { role: string; decision: string; decidedBy: string; at: string }[];
  changes: Change[];
  files: { path: string; bytes: number }[];
};
type Entry = Pick<Version, 'version' | 'state' | 'publishedAt' | 'changes'> & { reason: string };
type Field = FieldPromise & { product: string; description: string };
type Source = { kind: string } & Record<string, string | number | null>;
type Lineage = {
  upstream: { field: string | null; from: Source }[];
  downstream: {
    fields: { product: string; field: string; from: { field: string | null } }[];
    views: {
      items: { grant: string; organisation: string; purpose: string; topic: string }[];
      others: number;
    };
  };
};
type List<T> = { items: T[] };

/** Documents a product can be had as. */
export const DOCUMENTS = ['odcs', 'odps', 'asyncapi', 'dcat'];

/** `mesh product version|changelog|fields|lineage|export` */
export function registerProductViews(product: Command, io: Io): void {
  product
    .command('version <id> <version>')
    .description('one version: who decided it, and what it changed')
    .action((id: string, version: string, _: unknown, command: Command) =>
      view<Version>(io, command, `${at(id)}/versions/${encodeURIComponent(version)}`, versionText),
    );
  paged(product.command('changelog <id>').description('what each version changed, in words'))
    .option('--major <number>', 'only of this major version')
    .action((id: string, _: unknown, command: Command) =>
      view<List<Entry>>(io, command, `${at(id)}/changelog`, changelogText, ['major']),
    );
  fieldFilters(product.command('fields <id>').description('the fields of a product'))
    .option('--q <words>', 'only those called or described so')
    .action((id: string, _: unknown, command: Command) =>
      view<List<Field>>(io, command, `${at(id)}/fields`, fieldsText, FIELD_FILTERS),
    );
  product
    .command('lineage <id>')
    .description('what feeds a product and what it feeds, down to fields')
    .action((id: string, _: unknown, command: Command) =>
      view<Lineage>(io, command, `${at(id)}/lineage`, lineageText),
    );
  product
    .command('export <id>')
    .description('a product as a document of another standard: --as odcs, odps, asyncapi or dcat')
    .addOption(
      new Option('--format <standard>', 'the standard').choices(DOCUMENTS).makeOptionMandatory(),
    )
    .action((id: string, { format }: { format: string }, command: Command) =>
      view<unknown>(io, command, `${at(id)}/${format}`, null),
    );
}

/** `mesh field search` */
export function registerField(program: Command, io: Io): void {
  const field = program.command('field').description('find fields of all products');
  fieldFilters(field.command('search <words...>').description('fields called or described so'))
    .option('--domain <name>', 'only of this domain')
    .action(async (words: string[], _: unknown, command: Command) => {
      const options = optionsOf<Record<string, string>>(command);
      const query = { ...pick(options, [...FIELD_FILTERS, 'domain']), q: words.join(' ') };
      print(io, options, await api(io, options).get<List<Field>>('/v1/fields', query), fieldsText);
    });
}

const FIELD_FILTERS = ['q', 'classification', 'role', 'codeSystem'];
const at = (id: string): string => `/v1/products/${encodeURIComponent(id)}`;

function fieldFilters(command: Command): Command {
  return paged(command)
    .option('--classification <class>', 'only those so classified')
    .option('--role <role>', 'nhs-number, ods-code, postcode, ...')
    .option('--code-system <system>', 'only those bound to this code system');
}

function pick(options: Record<string, unknown>, names: readonly string[]) {
  return Object.fromEntries(
    [...names, 'limit', 'cursor'].map((name) => [name, options[name] as string | undefined]),
  );
}

/** Asks and prints; without `human` the answer is a document and printed as it came. */
async function view<T>(
  io: Io,
  command: Command,
  path: string,
  human: ((body: T) => string) | null,
  filters: readonly string[] = [],
): Promise<void> {
  const options = optionsOf<Record<string, string>>(command);
  const reply = await api(io, options).get<T>(path, pick(options, filters));
  print(io, options, reply, human ?? (() => reply.text));
}

function versionText(one: Version): string {
  return [
    card([
      ['version', one.version],
      ['state', one.state],
      ['content', one.contentHash],
      ['topic', one.topic],
      ['schema id', one.schemaId],
      ['proposed by', one.proposedBy],
      ['published', one.publishedAt],
      ['files', one.files.length],
    ]),
    table(
      ['ROLE', 'DECISION', 'BY', 'AT'],
      one.decisions.map(({ role, decision, decidedBy, at: when }) => [
        role,
        decision,
        decidedBy,
        when,
      ]),
      'Nobody decided it by hand.',
    ),
    changesText(one.changes),
  ].join('\n\n');
}

function changelogText({ items }: List<Entry>): string {
  const entries = items.map(
    ({ version, state, publishedAt, reason, changes }) =>
      `${version} (${state}, ${publishedAt ?? 'not published'}): ${reason}\n${changesText(changes)}`,
  );
  return entries.join('\n\n');
}

function changesText(changes: readonly Change[]): string {
  return table(
    ['CHANGE', 'WHERE', 'WHAT'],
    changes.map(({ class: kind, path, sentence }) => [kind, path, sentence]),
    'No changes but in words that are not part of the promise.',
  );
}

function fieldsText({ items }: List<Field>): string {
  return table(
    ['PRODUCT', 'FIELD', 'CLASS', 'IN A VIEW', 'CODES', 'MEANING'],
    items.map((one) => [
      one.product,
      one.path,
      one.classification,
      inView(one),
      one.codes ? `${one.codes.system} ${one.codes.version}` : null,
      one.description,
    ]),
    'No fields.',
  );
}

/** What a field is in a view: the name under which it is there, where it has another; else what the contract says becomes of it. */
export function inView(field: FieldPromise): string {
  const name = treatedAs(field)?.name ?? field.name;
  return name === field.name ? field.treatment : `as ${name}`;
}

function lineageText({ upstream, downstream }: Lineage): string {
  const { items, others } = downstream.views;
  return [
    table(
      ['FIELD', 'FED BY', ''],
      upstream.map(({ field, from: { kind, ...rest } }) => [
        field ?? '(whole)',
        kind,
        Object.values(rest)
          .filter((value) => value !== null)
          .join(' '),
      ]),
      'Nothing is said of what feeds it.',
    ),
    table(
      ['FEEDS', 'FIELD', 'FROM'],
      downstream.fields.map((one) => [one.product, one.field, one.from.field]),
      'No product is made from it.',
    ),
    table(
      ['GRANT', 'ORGANISATION', 'PURPOSE', 'TOPIC'],
      items.map((one) => [one.grant, one.organisation, one.purpose, one.topic]),
      'No grant that you may see.',
    ),
    `${others} more grants read it.`,
  ].join('\n\n');
}
