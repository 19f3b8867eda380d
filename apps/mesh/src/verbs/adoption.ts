import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';
import { contactOf } from './standard-text.js';

type ScheduleOptions = {
  ids?: string;
  careSetting?: string;
  useCase?: string;
  title?: string;
  format: string;
};
type GapsOptions = { organisation?: string; domain?: string; careSetting?: string };

/** `mesh standard problems|schedule|gaps|demand|services|people|join|leave`: the nine problems, answered. */
export function registerAdoption(standard: Command, io: Io): void {
  standard
    .command('problems')
    .description('the nine problems that stop standards from being used, and their answers')
    .action((_: unknown, command: Command) => problems(io, command));
  standard
    .command('schedule')
    .description('a standards schedule for a contract with a supplier')
    .option('--ids <ids>', 'these standards, with commas between them')
    .option('--care-setting <setting>', 'what is mandated in it')
    .option('--use-case <use>', 'what is mandated for it')
    .option('--title <text>', 'title of the document')
    .option('--format <format>', 'markdown, csv or json', 'markdown')
    .action((_: unknown, command: Command) => schedule(io, command));
  standard
    .command('gaps')
    .description('what is mandated and lacking, with an estimate of effort')
    .option('--organisation <ods>', 'of the products this organisation owns')
    .option('--domain <name>', 'of the products of this domain')
    .option('--care-setting <setting>', 'of this care setting')
    .action((_: unknown, command: Command) => gaps(io, command));
  standard
    .command('demand')
    .description('who waits for each product, and what good it does')
    .action((_: unknown, command: Command) => demand(io, command));
  standard
    .command('services [id]')
    .description('how to get onto the central services')
    .action((id: string | undefined, _: unknown, command: Command) => services(io, id, command));
  people(standard, io);
}

function people(standard: Command, io: Io): void {
  standard
    .command('people <id>')
    .description('the contact of a standard, and who works on it')
    .action((id: string, _: unknown, command: Command) => workers(io, 'GET', id, command));
  standard
    .command('join <id>')
    .description('say that you work on it')
    .requiredOption('--note <text>', 'what you are doing')
    .action((id: string, _: unknown, command: Command) => workers(io, 'PUT', id, command));
  standard
    .command('leave <id>')
    .description('say that you work on it no more')
    .action((id: string, _: unknown, command: Command) => workers(io, 'DELETE', id, command));
}

type Answer = { number: number; name: string; answer: string; commands: string[] };

async function problems(io: Io, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await api(io, options).get<{ items: Answer[] }>('/v1/nine-problems');
  print(io, options, reply, ({ items }) =>
    items
      .map(({ number, name, answer, commands }) =>
        [`${number}. ${name}`, `   ${answer}`, ...commands.map((one) => `   npx ${one}`)].join(
          '\n',
        ),
      )
      .join('\n\n'),
  );
}

async function schedule(io: Io, command: Command): Promise<void> {
  const options = optionsOf<ScheduleOptions>(command);
  const { ids, careSetting, useCase, title } = options;
  const format = options.output === 'json' ? 'json' : options.format;
  const query = { ids, careSetting, useCase, title, format };
  const { text } = await api(io, options).get('/v1/standards/schedule', query);
  print(io, options, { text, body: text }, (document) => document);
}

type GapsBody = {
  careSettings: string[];
  products: string[];
  totals: Record<string, number> & { effortDays: [number, number] };
  items: {
    standard: string;
    title: string;
    status: string;
    demand: string;
    lacking: string[];
    effort: { days: [number, number] } | null;
  }[];
};

async function gaps(io: Io, command: Command): Promise<void> {
  const options = optionsOf<GapsOptions>(command);
  const { organisation, domain, careSetting } = options;
  const query = { organisation, domain, careSetting };
  const reply = await api(io, options).get<GapsBody>('/v1/standards/gaps', query);
  print(io, options, reply, ({ careSettings, products, totals, items }) =>
    [
      card([
        ['care settings', careSettings],
        ['products', products],
        ['gaps', totals['gap']],
        ['effort', `${totals.effortDays.join(' to ')} working days (an estimate)`],
      ]),
      table(
        ['STANDARD', 'TITLE', 'STATUS', 'ASKED', 'LACKING', 'DAYS'],
        items.map((one) => [
          one.standard,
          one.title,
          one.status,
          one.demand,
          one.lacking,
          one.effort?.days.join(' to '),
        ]),
        'Nothing is mandated there.',
      ),
    ].join('\n\n'),
  );
}

type Demand = {
  product: string;
  benefit: string;
  waiting: { grants: number; organisations: number; longestDays: number };
  reading: { grants: number; organisations: number };
};

async function demand(io: Io, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await api(io, options).get<{ items: Demand[] }>('/v1/demand');
  print(io, options, reply, ({ items }) =>
    table(
      ['PRODUCT', 'WAITING', 'LONGEST (DAYS)', 'READING', 'BENEFIT'],
      items.map(({ product, waiting, reading, benefit }) => [
        product,
        waiting.grants,
        waiting.longestDays,
        reading.grants,
        benefit,
      ]),
      'No products.',
    ),
  );
}

type Service = { id: string; title: string; what: string; steps: number };

async function services(io: Io, id: string | undefined, command: Command): Promise<void> {
  const options = optionsOf(command);
  const client = api(io, options);
  if (id === undefined) {
    const reply = await client.get<{ items: Service[] }>('/v1/central-services');
    return print(io, options, reply, ({ items }) =>
      table(
        ['SERVICE', 'TITLE', 'STEPS', 'WHAT IT DOES'],
        items.map((one) => [one.id, one.title, one.steps, one.what]),
      ),
    );
  }
  const format = options.output === 'json' ? 'json' : 'markdown';
  const path = `/v1/central-services/${encodeURIComponent(id)}`;
  const { text } = await client.get(path, { format });
  print(io, options, { text, body: text }, (page) => page);
}

type Workers = {
  contact: { name: string; email: string | null; url: string | null };
  items: { kind: string; who: string; organisation: string | null; note: string }[];
};

async function workers(io: Io, method: string, id: string, command: Command): Promise<void> {
  const options = optionsOf<{ note?: string }>(command);
  const path = `/v1/standards/${encodeURIComponent(id)}/participants`;
  const client = api(io, options);
  const reply =
    method === 'GET'
      ? await client.get<Workers>(path)
      : await client.send<Workers>(method, `${path}/me`, {
          ...(method === 'PUT' ? { json: { note: options.note } } : {}),
        });
  print(io, options, reply, ({ contact, items }) =>
    [
      `Ask: ${contactOf(contact)}`,
      table(
        ['WHO', 'ORGANISATION', 'HOW', 'WHAT'],
        items.map(({ who, organisation, kind, note }) => [who, organisation, kind, note]),
        'Nobody else works on it yet: say so with `mesh standard join`.',
      ),
    ].join('\n\n'),
  );
}
