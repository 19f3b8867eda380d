import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { cliError, meshErrors } from '../errors.js';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { optionsOf, print } from '../output.js';
import { grantCard } from './grant-text.js';
import type { GrantBody } from './grant-text.js';

type Template = { purpose: string; request: object; says: string; demands: string[] };
type AmendOptions = {
  until?: string;
  fields?: string;
  purpose?: string;
  legalBasis?: string;
  reason: string;
};

/** `mesh grant template|draft|edit|submit|amend` */
export function registerAsking(grant: Command, io: Io): void {
  grant
    .command('template')
    .description('a request filled in as far as it can be, for a purpose or for each')
    .option('--purpose <purpose>', 'what for')
    .action((_: unknown, command: Command) => template(io, command));
  grant
    .command('draft <file>')
    .description('begin a draft from a JSON file, such as one of `template`')
    .action((file: string, _: unknown, command: Command) => draft(io, file, command));
  grant
    .command('edit <id> <file>')
    .description('write a draft, or what was refused, anew')
    .action((id: string, file: string, _: unknown, command: Command) =>
      edit(io, id, file, command),
    );
  grant
    .command('submit <id>')
    .description('submit a draft: it is asked for')
    .action((id: string, _: unknown, command: Command) => submit(io, id, command));
  grant
    .command('amend <id>')
    .description('ask for another end, purpose or other fields of an active grant')
    .option('--until <day>', 'another last day; alone, view and credentials stay')
    .option('--fields <names>', 'names with commas, or all')
    .option('--purpose <purpose>', 'another purpose')
    .option('--legal-basis <basis>', 'another legal basis')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, _: unknown, command: Command) => amend(io, id, command));
}

async function template(io: Io, command: Command): Promise<void> {
  const options = optionsOf<{ purpose?: string }>(command);
  const { purpose } = options;
  const reply = await api(io, options).get<{ items: Template[] }>('/v1/grants/templates', {
    purpose,
  });
  print(io, options, reply, ({ items }) => items.map(templateText).join('\n\n'));
}

function templateText({ purpose, request, says, demands }: Template): string {
  const needs = demands.length > 0 ? `\nThe policy demands: ${demands.join(', ')}` : '';
  return `${purpose}: ${says}${needs}\n${JSON.stringify(request, null, 2)}`;
}

async function draft(io: Io, file: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const given = stated(await jsonOf(io, file));
  print(io, options, await api(io, options).post<GrantBody>('/v1/grants/drafts', given), grantCard);
}

async function edit(io: Io, id: string, file: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const json = stated(await jsonOf(io, file));
  const path = `${pathOf(id)}/draft`;
  print(io, options, await api(io, options).send<GrantBody>('PUT', path, { json }), grantCard);
}

async function submit(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  print(io, options, await api(io, options).post<GrantBody>(`${pathOf(id)}/submit`), grantCard);
}

async function amend(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<AmendOptions>(command);
  const { until, fields, purpose, legalBasis, reason } = options;
  const given = { until, fields, purpose, legalBasis, reason };
  const path = `${pathOf(id)}/amendments`;
  print(io, options, await api(io, options).post<GrantBody>(path, given), grantCard);
}

// A template's blanks are null; in a draft what is not said is not there.
function stated(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

/** The object of a JSON file. */
export async function jsonOf(io: Io, file: string): Promise<object> {
  const path = resolve(io.cwd, file);
  try {
    return Object(JSON.parse(await readFile(path, 'utf8'))) as object;
  } catch (cause) {
    throw cliError(meshErrors.unreadableFile, `${path} is no JSON file.`, cause);
  }
}

function pathOf(id: string): string {
  return `/v1/grants/${encodeURIComponent(id)}`;
}
