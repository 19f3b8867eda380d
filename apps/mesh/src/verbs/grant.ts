import {
  canSign,
  CLIENT_FORMATS,
  fileSettings,
  isFileFormat,
  readySettings,
} from '@caremesh/contract';
import type { ClientCredential, ClientFormat } from '@caremesh/contract';
import { Option } from 'commander';
import type { Command } from 'commander';
import { credentialIn } from '../consume/credential.js';
import { cliError, meshErrors } from '../errors.js';
import { api, serviceApi } from '../http.js';
import { wholeNumber } from '../numbers.js';
import type { Io } from '../io.js';
import { jsonOf } from '../json-file.js';
import { optionsOf, print, table } from '../output.js';
import type { CommonOptions } from '../output.js';
import { registerAsking } from './grant-asking.js';
import { sqlCredential } from './port.js';
import { registerCare } from './grant-care.js';
import { decidesNext, grantCard } from './grant-text.js';
import type { GrantBody, ViewStanding } from './grant-text.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type RequestOptions = {
  product: string[];
  major: number;
  purpose: string;
  legalBasis: string;
  organisation: string;
  consumer?: string;
  fields: string;
  from?: string;
  until: string;
  reason: string;
  terms?: string;
};
type ListOptions = PageOptions & {
  state?: string;
  kind?: string;
  product?: string;
  waiting?: boolean;
  openReviews?: boolean;
  dueForReview?: boolean;
};
type DecideOptions = {
  reason: string;
  condition?: string[];
  bytesPerSecond?: number;
  requestPercent?: number;
};
type CredentialOptions = {
  publicKey?: string;
  credentials?: string;
  format: ClientFormat | typeof SQL;
};

/** For PostgreSQL a credential is a role of its own, made where the tables are. */
const SQL = 'psql';

const DECISIONS = {
  approve: 'approve a request, in the order of its steps',
  refuse: 'refuse a request',
  changes: 'send a request back to be written anew',
  revoke: 'end a grant at once',
  suspend: 'take its access away until it is renewed',
  renew: 'give a suspended grant its access back',
};

/** `mesh grant …`: asked for, decided, shown and connected; further verbs in `grant-asking` and `grant-care`. */
export function registerGrant(program: Command, io: Io): void {
  const grant = program.command('grant').description('ask for data, decide, and connect');
  registerRequest(grant, io);
  registerAsking(grant, io);
  registerCare(grant, io);
  paged(grant.command('list').description('grants you may see, newest first'))
    .option('--state <state>', 'only of this state, such as requested')
    .addOption(
      new Option('--kind <kind>', 'only of this kind').choices(['view', 'individual-care']),
    )
    .option('--product <id>', 'only of this product')
    .option('--waiting', 'only what waits for a decision: requests, and later ends')
    .option('--open-reviews', 'only emergency access that is still to be reviewed')
    .addOption(
      new Option('--due-for-review', 'only grants whose review day has come').conflicts(
        'openReviews',
      ),
    )
    .action((_: unknown, command: Command) => list(io, command));
  grant
    .command('show <id>')
    .description('one grant: its topics and who decided what')
    .action((id: string, _: unknown, command: Command) => show(io, id, command));
  for (const [decision, description] of Object.entries(DECISIONS)) {
    const deciding = grant
      .command(`${decision} <id>`)
      .description(description)
      .requiredOption('--reason <text>', 'why')
      .action((id: string, _: unknown, command: Command) => decide(io, id, decision, command));
    if (decision === 'approve') withWhatIsAttached(deciding);
  }
  grant
    .command('withdraw <id>')
    .description('take your own request back, or the later end you asked for')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, _: unknown, command: Command) => withdraw(io, id, command));
  grant
    .command('credentials <id>')
    .description('make a credential (its secret is shown this once) and print ready settings')
    .option('--public-key <file>', 'a public JWK: the client signs, there is no secret')
    .option('--credentials <file>', 'print the settings of this credential, and make none')
    .addOption(
      new Option('--format <format>', 'settings for which client')
        .choices([...CLIENT_FORMATS, SQL])
        .default('json'),
    )
    .action((id: string, _: unknown, command: Command) => credentials(io, id, command));
  grant
    .command('end-credential <id> <client>')
    .description('end one credential at once; `mesh grant show` names those that live')
    .action((id: string, client: string, _: unknown, command: Command) =>
      endCredential(io, id, client, command),
    );
}

/** Only an approval attaches anything. */
function withWhatIsAttached(approve: Command): void {
  approve
    .option('--condition <text...>', 'what is attached to the approval')
    .option('--bytes-per-second <n>', 'bytes the grant may read in a second', wholeNumber)
    .option('--request-percent <n>', 'share of a broker thread’s time, per cent', wholeNumber);
}

function registerRequest(grant: Command, io: Io): void {
  grant
    .command('request')
    .description('ask for a grant')
    .requiredOption('--product <id...>', 'the product, or several of the same major')
    .option('--major <n>', 'its major version', wholeNumber, 1)
    .requiredOption('--purpose <purpose>', 'what for')
    .requiredOption(
      '--legal-basis <basis>',
      '<article 6>/<article 9>/<common law>, such as "6(1)(e)/9(2)(h)/s251"',
    )
    .requiredOption('--organisation <ods>', 'your organisation')
    .option('--consumer <domain>', 'your domain, whose service is to read (individual care)')
    .option('--fields <names>', 'names with commas, or all', 'all')
    .option('--from <day>', 'first day, YYYY-MM-DD (default: today)')
    .requiredOption('--until <day>', 'last day')
    .requiredOption('--reason <text>', 'why')
    .option(
      '--terms <file>',
      'further parts as JSON: people, justifications, narrowedTo, dpia, agreement, …',
    )
    .action((_: unknown, command: Command) => request(io, command));
}

async function request(io: Io, command: Command): Promise<void> {
  const options = optionsOf<RequestOptions>(command);
  const { purpose, legalBasis, organisation, consumer, fields, from, until, reason } = options;
  const [product = '', ...others] = options.product;
  const asked =
    others.length === 0
      ? { product, major: options.major }
      : { products: options.product.map((one) => ({ product: one, major: options.major })) };
  const given = {
    ...asked,
    ...{ purpose, legalBasis, organisation, consumer, fields, from, until, reason },
    ...(options.terms ? await jsonOf(io, options.terms) : {}),
  };
  print(io, options, await api(io, options).post<GrantBody>('/v1/grants', given), grantCard);
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<ListOptions>(command);
  const { state, kind, product } = options;
  const query = {
    ...{ state, kind, product },
    ...(options.waiting && { waiting: 'decision' }),
    ...(options.openReviews && { review: 'open' }),
    ...(options.dueForReview && { review: 'due' }),
    ...pageOf(options),
  };
  const reply = await api(io, options).get<{ items: GrantBody[] }>('/v1/grants', query);
  print(io, options, reply, ({ items }) =>
    table(
      ['ID', 'STATE', 'PRODUCTS', 'PURPOSE', 'ORGANISATION', 'UNTIL', 'DECIDES NEXT', 'YOU AS'],
      items.map((one) => [
        one.id,
        one.state,
        one.products,
        one.purpose,
        one.organisation,
        one.until,
        decidesNext(one),
        one.mayDecide ?? [],
      ]),
      'No grants.',
    ),
  );
}

async function show(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await api(io, options).get<GrantBody>(pathOf(id));
  // For programs the answer as it came; for people what disclosure says of the views as well.
  if (options.output === 'json') return print(io, options, reply, grantCard);
  const disclosure = (await standingOf(io, options, reply.body)) ?? [];
  print(io, options, reply, (grant) => grantCard({ ...grant, disclosure }));
}

/** How its views stand at disclosure; null while that cannot be asked, which is no fault of the grant's. */
async function standingOf(io: Io, options: CommonOptions, { id, kind }: GrantBody) {
  const service = kind === 'individual-care' ? 'care-disclosure' : 'disclosure';
  const asked = async () => {
    const { body } = await serviceApi(io, service, options).get<{ views: ViewStanding[] }>(
      pathOf(id),
    );
    return body.views;
  };
  return asked().catch(() => null);
}

async function decide(io: Io, id: string, decision: string, command: Command): Promise<void> {
  const options = optionsOf<DecideOptions>(command);
  const { reason, condition: conditions, bytesPerSecond, requestPercent } = options;
  if ((bytesPerSecond === undefined) !== (requestPercent === undefined)) {
    command.error('A quota is both: --bytes-per-second and --request-percent.');
  }
  const path = `${pathOf(id)}/decisions`;
  const quota = bytesPerSecond === undefined ? undefined : { bytesPerSecond, requestPercent };
  const given = { decision, reason, conditions, quota };
  const reply = await api(io, options).post<GrantBody>(path, given);
  print(io, options, reply, grantCard);
}

async function withdraw(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<{ reason: string }>(command);
  const { reason } = options;
  const path = `${pathOf(id)}/withdraw`;
  print(io, options, await api(io, options).post<GrantBody>(path, { reason }), grantCard);
}

async function credentials(io: Io, id: string, command: Command): Promise<void> {
  const options = optionsOf<CredentialOptions>(command);
  const { format, publicKey, credentials: file } = options;
  if (format === SQL) return sqlCredential(io, id, options);
  if (isFileFormat(format)) {
    const { body } = await api(io, options).get<GrantBody>(pathOf(id));
    const topics = body.topics.map(({ topic }) => topic);
    return io.stdout(`${fileSettings({ topics, groupPrefix: body.groupPrefix }, format)}\n`);
  }
  if (publicKey && !canSign(format)) throw cannotSign(format);
  if (file) {
    const { credential } = await credentialIn(io, id, file);
    return io.stdout(`${settingsOf(credential as ClientCredential, format)}\n`);
  }
  const given = publicKey ? { publicKey: await publicKeyIn(io, publicKey) } : {};
  const path = `${pathOf(id)}/credentials`;
  const reply = await api(io, options).post<ClientCredential>(path, given);
  print(io, options, reply, (credential) => settingsOf(credential, format));
}

/** The key of a file, to be sent. Throws MESH-6510 for a private one: that leaves its holder's machine for nobody. */
async function publicKeyIn(io: Io, file: string): Promise<object> {
  const jwk = await jsonOf(io, file);
  if (!('d' in jwk) && !('k' in jwk)) return jwk;
  throw cliError(meshErrors.unreadableFile, `${file} holds a private key; name its public half.`);
}

/** Throws MESH-6508 for a credential with a key in a format whose client cannot sign with it. */
function settingsOf(credential: ClientCredential, format: ClientFormat): string {
  const ready = readySettings(credential, format);
  if (ready === null) throw cannotSign(format);
  return ready.text;
}

const cannotSign = (format: string) =>
  cliError(
    meshErrors.usage,
    `A client with a key signs for each token, which --format ${format} cannot say: take python or node, or json for a client of your own.`,
  );

async function endCredential(io: Io, id: string, client: string, command: Command): Promise<void> {
  const path = `${pathOf(id)}/credentials/${encodeURIComponent(client)}`;
  await api(io, optionsOf(command)).send('DELETE', path);
  io.stderr(`The credential ${client} is ended.\n`);
}

function pathOf(id: string): string {
  return `/v1/grants/${encodeURIComponent(id)}`;
}
