import type { Command } from 'commander';
import { CliError, cliError, meshErrors } from '../errors.js';
import { api } from '../http.js';
import type { Api } from '../http.js';
import type { Io } from '../io.js';
import { jsonOf } from '../json-file.js';
import { optionsOf, print } from '../output.js';
import { askAgain, grantCard } from './grant-text.js';
import type { GrantBody } from './grant-text.js';

/** MESH-3506: the state of the grant does not allow that. */
const ILLEGAL_MOVE = 'MESH-3506';

type Template = { purpose: string; request: object; says: string; demands: string[] };
type AmendOptions = {
  until?: string;
  fields?: string;
  purpose?: string;
  legalBasis?: string;
  terms?: string;
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
    .description('begin a draft from a JSON file, as `template` prints it; null is not said yet')
    .action((file: string, _: unknown, command: Command) => draft(io, file, command));
  grant
    .command('edit <id> <file>')
    .description('write a draft, or what was refused, anew: the file holds the whole request')
    .addHelpText('after', EDIT_HELP)
    .action((id: string, file: string, _: unknown, command: Command) =>
      edit(io, id, file, command),
    );
  grant
    .command('submit <id>')
    .description('submit a draft: it is asked for, and decided from the first step')
    .action((id: string, _: unknown, command: Command) => submit(io, id, command));
  grant
    .command('amend <id>')
    .description('ask for another end, purpose or other fields of an active grant')
    .option('--until <day>', 'another last day; alone, view and credentials stay')
    .option('--fields <names>', 'names with commas, or all')
    .option('--purpose <purpose>', 'another purpose')
    .option('--legal-basis <basis>', 'another legal basis')
    .option('--terms <file>', 'other parts as JSON: people, justifications, dpia, agreement, …')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, _: unknown, command: Command) => amend(io, id, command));
}

const EDIT_HELP = `
What the file does not say is not in the request any more. Start from what there is:
  mesh grant show <id> -o json     # the request is under "draft"`;

async function template(io: Io, command: Command): Promise<void> {
  const options = optionsOf<{ purpose?: string }>(command);
  const { purpose } = options;
  const reply = await api(io, options).get<{ items: Template[] }>('/v1/grants/templates', {
    purpose,
  });
  // Of one purpose it is a file for `draft`; what is said about it is not part of that.
  if (purpose) reply.body.items.forEach((one) => io.stderr(`${aboutTemplate(one)}\n`));
  print(io, options, reply, ({ items }) =>
    items.map((one) => (purpose ? requestText(one) : templateText(one))).join('\n\n'),
  );
}

const templateText = (one: Template): string => `${aboutTemplate(one)}\n${requestText(one)}`;

function aboutTemplate({ purpose, says, demands }: Template): string {
  const needs = demands.length > 0 ? `\nThe policy demands: ${demands.join(', ')}` : '';
  return `${purpose}: ${says}${needs}`;
}

const requestText = ({ request }: Template): string => JSON.stringify(request, null, 2);

async function draft(io: Io, file: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const given = await requestOf(io, file);
  print(io, options, await api(io, options).post<GrantBody>('/v1/grants/drafts', given), grantCard);
}

async function edit(io: Io, id: string, file: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const json = await requestOf(io, file);
  const path = `${pathOf(id)}/draft`;
  print(io, options, await api(io, options).send<GrantBody>('PUT', path, { json }), grantCard);
}

async function submit(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const governance = api(io, options);
  const reply = await governance
    .post<GrantBody>(`${pathOf(id)}/submit`)
    .catch(async (error: unknown) => {
      throw (await isRefused(governance, id, error)) ? withFix(error as CliError, id) : error;
    });
  print(io, options, reply, grantCard);
}

/** Was it not taken because it was refused before? Its state says so; that it cannot be read is no news. */
async function isRefused(governance: Api, id: string, error: unknown): Promise<boolean> {
  if (!(error instanceof CliError) || error.code !== ILLEGAL_MOVE) return false;
  const found = await governance.get<GrantBody>(pathOf(id)).catch(() => null);
  return found?.body.state === 'refused';
}

function withFix({ code, title, message, exit, body }: CliError, id: string): CliError {
  return new CliError(
    { code, title, detail: message, fix: `Write it anew: ${askAgain(id)}.`, exit },
    { body },
  );
}

async function amend(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<AmendOptions>(command);
  const { until, fields, purpose, legalBasis, reason, terms } = options;
  const given = {
    ...{ until, fields, purpose, legalBasis, reason },
    ...(terms ? stated(await jsonOf(io, terms)) : {}),
  };
  const path = `${pathOf(id)}/amendments`;
  print(io, options, await api(io, options).post<GrantBody>(path, given), grantCard);
}

/** The request of a file: as it is, or as `mesh grant template -o json` printed it for one purpose. */
async function requestOf(io: Io, file: string): Promise<object> {
  const given: Partial<{ items: Template[] }> = await jsonOf(io, file);
  if (!Array.isArray(given.items)) return stated(given);
  const [one, ...others] = given.items;
  if (!one || others.length > 0) {
    throw cliError(meshErrors.unreadableFile, `${file} has no one template; name a --purpose.`);
  }
  return stated(one.request);
}

// A template's blanks are null; in a draft what is not said is not there.
function stated(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

function pathOf(id: string): string {
  return `/v1/grants/${encodeURIComponent(id)}`;
}
