import type { FieldPromise } from '@caremesh/contract';
import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';
import { registerProductHealth, standingOf } from './product-health.js';
import type { Standing } from './product-health.js';
import { inView, registerProductViews } from './product-views.js';
import { registerMajor } from './major.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type Product = Partial<Standing> & {
  id: string;
  title: string;
  domain: string;
  description: { purpose: string; usage: string; limitations: string };
  owner: { team: string; ods: string | null };
  support: { channel: string; url: string | null }[];
  purposes: string[];
  careSetting: string[];
  freshness: { within: string };
  benefit: string | null;
  waivers: { id: string; check: string; about: string | null; until: string }[];
  majors: {
    major: number;
    topic: string;
    status: string;
    versions: { version: string; state: string; schemaId: number | null; decidedBy: string }[];
  }[];
  fields?: (FieldPromise & { description: string; presence: string })[];
};

type FilterOptions = PageOptions &
  Record<
    'domain' | 'careSetting' | 'standard' | 'classification' | 'purpose' | 'publisher' | 'status',
    string | undefined
  >;

type Found = {
  items: Product[];
  total: number;
  facets: Record<string, { value: string; count: number }[]>;
  readAs: { word: string; meant: string[] }[];
  matched: 'all' | 'some';
};

/** `mesh product list|search|show`, the views of one product (product-views.ts), its majors (major.ts) and its health */
export function registerProduct(program: Command, io: Io): void {
  const product = program.command('product').description('find the products of the mesh');
  filters(product.command('list').description('all products')).action(
    (_: unknown, command: Command) => list(io, undefined, command),
  );
  filters(
    product
      .command('search <words...>')
      .description('products by words: misspelt ones, beginnings and synonyms are found too'),
  ).action((words: string[], _: unknown, command: Command) => list(io, words.join(' '), command));
  product
    .command('show <id>')
    .description('one product: what it promises, its versions and fields')
    .action((id: string, _: unknown, command: Command) => show(io, id, command));
  registerProductViews(product, io);
  registerMajor(product, io);
  registerProductHealth(product, io);
}

function filters(command: Command): Command {
  return paged(command)
    .option('--domain <name>', 'only of this domain')
    .option('--care-setting <setting>', 'only of this care setting')
    .option('--standard <id>', 'only those that conform to it')
    .option('--classification <class>', 'only those with a field so classified')
    .option('--purpose <purpose>', 'only those whose contract allows it')
    .option('--publisher <ods>', 'only of this organisation or team')
    .option('--status <status>', 'published, deprecated or retired');
}

async function list(io: Io, q: string | undefined, command: Command): Promise<void> {
  const options = optionsOf<FilterOptions>(command);
  const { domain, careSetting, standard, classification, purpose, publisher, status } = options;
  const filter = { domain, careSetting, standard, classification, purpose, publisher, status };
  const query = { q, ...filter, ...pageOf(options) };
  const reply = await api(io, options).get<Found>('/v1/products', query);
  print(io, options, reply, foundText);
}

function foundText({ items, total, facets, readAs, matched }: Found): string {
  const products = table(
    ['PRODUCT', 'TITLE', 'MAJOR', 'VERSION', 'RECORDS', 'PROMISES', 'OWNER', 'SUPPORT', 'PURPOSES'],
    items.flatMap((one) =>
      one.majors.map(({ major, versions }) => [
        one.id,
        one.title,
        major,
        versions.findLast(({ state }) => state === 'published')?.version ?? null,
        one.conformance?.state,
        one.health?.state,
        one.owner.team,
        one.support[0]?.url ?? one.support[0]?.channel,
        one.purposes,
      ]),
    ),
    'No products.',
  );
  const narrowing = Object.entries(facets).filter(([, values]) => values.length > 1);
  const notes = [
    ...readAs.map(({ word, meant }) => `"${word}" was read as ${meant.join(', ')}.`),
    ...(matched === 'some' ? ['No product has all the words; these have some.'] : []),
    `${items.length} of ${total} products.`,
  ];
  const counts = narrowing.map(([facet, values]) => [
    facet,
    values.map(({ value, count }) => `${value} (${count})`),
  ]);
  return [
    notes.join('\n'),
    products,
    ...(counts.length > 0 ? [table(['NARROW BY', 'VALUES'], counts)] : []),
  ].join('\n\n');
}

async function show(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const path = `/v1/products/${encodeURIComponent(id)}`;
  print(io, options, await api(io, options).get<Product>(path), productCard);
}

function productCard(product: Product): string {
  const { description, owner, support } = product;
  const facts = card([
    ['product', product.id],
    ['title', product.title],
    ['says', description.purpose],
    ['use', description.usage],
    ['limits', description.limitations],
    ['owner', owner.ods ? `${owner.team} (${owner.ods})` : owner.team],
    ['support', support.map(({ channel, url }) => url ?? channel)],
    ['purposes', product.purposes],
    ['care setting', product.careSetting],
    ['readable within', product.freshness.within],
    ['good for', product.benefit],
    [
      'waivers',
      product.waivers.map(({ check, about, until }) =>
        [about ? `${check} (${about})` : check, `until ${until}`].join(' '),
      ),
    ],
    ...standingOf(product),
  ]);
  const versions = product.majors.flatMap(({ major, topic, versions: all }) =>
    all.map((one) => [major, one.version, one.state, topic, one.schemaId, one.decidedBy]),
  );
  const fields = (product.fields ?? []).map((one) => [
    one.path,
    one.presence,
    one.freeText ? `${one.classification}, free text` : one.classification,
    inView(one),
    one.description,
  ]);
  return [
    facts,
    table(['MAJOR', 'VERSION', 'STATE', 'TOPIC', 'SCHEMA ID', 'DECIDED BY'], versions),
    table(['FIELD', 'PRESENT', 'CLASS', 'IN A VIEW', 'MEANING'], fields),
  ].join('\n\n');
}
