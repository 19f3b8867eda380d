import { constants, openAsBlob } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { addresses } from '../addresses.js';
import { CliError, cliError, EXIT, meshErrors } from '../errors.js';
import { domainApi, type Api } from '../http.js';
import type { Reply } from '../request.js';
import type { Io } from '../io.js';
import { optionsOf, print, table, type CommonOptions } from '../output.js';

type IntakeOptions = {
  source?: string;
  contentType?: string;
  idempotencyKey?: string;
  wait: boolean;
};
type Way = { source: string; method: string; address: string; contentTypes: string[] };
type Item = {
  index: number;
  sourceId: string | null;
  outcome: string;
  errors: Fault[];
};
type Fault = { path: string; code: string; message: string; fix: string };
type Answer = {
  receipt: string;
  state?: string;
  received?: number;
  accepted: number;
  unchanged: number;
  retracted: number;
  quarantined: number;
  held: number;
  notUsed: number;
  items: Item[];
  /** Why the rest of the file was given up. */
  errors?: Fault[];
  /** Left out by a service of before there were any. */
  warnings?: Fault[];
};

/** A submission: the files that go in one request, and how. */
type Submission = { name: string; body: Blob | FormData; contentType: string | null };

/** Problems shown for a person; `-o json` has the first 1,000. */
const PROBLEMS_SHOWN = 20;
const CHOICES = 'choices';
const COUNTS = ['accepted', 'unchanged', 'retracted', 'quarantined', 'held', 'notUsed'] as const;

/** `mesh intake <domain> <file...>`: gives source files to a domain, as its source systems do. */
export function registerIntake(program: Command, io: Io): void {
  program
    .command('intake')
    .argument('<domain>', 'the domain that takes them, such as gp')
    .argument('<file...>', 'files in a format the domain reads')
    .description('give source files to a domain')
    .option(
      '--source <name>',
      'which source of the domain, if it has several; `choices` for what people chose',
    )
    .option('--content-type <type>', 'what the files are (else told by their names)')
    .option('--idempotency-key <key>', 'the same key and bytes are answered as before')
    .option('--no-wait', 'do not wait for a large file to be worked through')
    .action((domain: string, files: string[], _: unknown, command: Command) =>
      intake(io, domain, files, optionsOf<IntakeOptions>(command)),
    );
}

async function intake(
  io: Io,
  domain: string,
  files: string[],
  options: IntakeOptions & CommonOptions,
): Promise<void> {
  const way = await wayOf(io, domain, options.source);
  const api = domainApi(io, domain, options);
  const submissions = await submissionsOf(io, files, way, options.contentType);
  const refused: { name: string; error: CliError }[] = [];
  for (const [at, submission] of submissions.entries()) {
    try {
      await give(io, api, { way, submission, key: keyOf(options.idempotencyKey, at) }, options);
    } catch (error) {
      // What is wrong with one file is nothing to the next; whoever may not send, or reaches nobody, may send none of them.
      if (!(error instanceof CliError) || error.exit !== EXIT.checkFailed) throw error;
      refused.push({ name: submission.name, error });
    }
  }
  if (refused.length > 0) throw refusalOf(refused, submissions.length);
}

/** Sends one submission and prints its answer. Throws for one of which nothing was taken, or not all was read. */
async function give(
  io: Io,
  api: Api,
  { way, submission, key }: { way: Way; submission: Submission; key: string | undefined },
  options: IntakeOptions & CommonOptions,
): Promise<void> {
  const sent = await send(api, way, submission, key);
  const pending = sent.status === 202 && options.wait;
  const reply = pending ? await finished(io, api, sent.body.receipt) : sent;
  print(io, options, reply, (answer) => summary(submission.name, answer));
  const [reason] = reply.body.state === 'failed' ? (reply.body.errors ?? []) : [];
  if (reason) throw gaveUp(submission.name, reason);
}

/** A key is of one submission: that of the second file says so, and the same again when the same files are given again. */
const keyOf = (key: string | undefined, at: number): string | undefined =>
  key && at > 0 ? `${key}-${at + 1}` : key;

/** The refusal of the one file given; of several, the first, with the name and code of each. */
function refusalOf(refused: { name: string; error: CliError }[], given: number): CliError {
  const { title, code, fix, exit, message } = refused[0]!.error;
  if (given === 1) return refused[0]!.error;
  const each = refused.map(({ name, error }) => `${name} (${error.code})`).join(', ');
  const detail = `${message}; ${refused.length} of ${given} files refused: ${each}`;
  return new CliError({ code, title, fix, exit, detail });
}

/** A large file is taken before it is read; that nothing could be read, or not all of it, is known only later. */
const gaveUp = (name: string, { code, message, path, fix }: Fault): CliError =>
  new CliError({
    ...{ code, title: message, fix, exit: EXIT.checkFailed },
    detail: `${name}: ${path || 'the whole file'}`,
  });

/** The HTTP way into the domain, of the named source or of its only one. */
async function wayOf(io: Io, domain: string, source: string | undefined): Promise<Way> {
  const found = (await addresses(io)).domains.find(({ name }) => name === domain);
  if (!found) throw cliError(meshErrors.unknownDomain, `"${domain}" is not in \`mesh status\`.`);
  if (source === CHOICES) return choicesOf(found.url);
  const ways = found.intake.filter(({ method }) => method === 'http');
  const chosen = source ? ways.filter((one) => one.source === source) : ways;
  const names = [...new Set(chosen.map((one) => one.source))];
  if (names.length === 1) return chosen[0]!;
  const known = [...new Set(ways.map((one) => one.source))].join(', ') || 'none yet';
  throw cliError(meshErrors.usage, `Give --source: one of the sources of ${domain} (${known}).`);
}

/** Every domain takes people's choices in beside its records; they are of no product, so no product's way in is theirs. */
const choicesOf = (url: string): Way => ({
  ...{ source: CHOICES, method: 'http', address: `${url}/v1/intake/${CHOICES}` },
  contentTypes: ['application/fhir+json', 'application/fhir+ndjson'],
});

/** One request for each file; the tables of a multipart source go together, each named after its table. */
async function submissionsOf(
  io: Io,
  files: string[],
  way: Way,
  contentType: string | undefined,
): Promise<Submission[]> {
  const blobs = await Promise.all(
    files.map(async (file) => ({
      file: basename(file),
      body: await opened(resolve(io.cwd, file)),
    })),
  );
  if (!way.contentTypes.includes('multipart/form-data'))
    return blobs.map(({ file, body }) => ({
      name: file,
      body,
      contentType: contentType ?? typeOf(file, way.contentTypes),
    }));
  const form = new FormData();
  for (const { file, body } of blobs)
    form.append(
      basename(file, extname(file)).toUpperCase(),
      new Blob([body], { type: 'text/csv' }),
      file,
    );
  return [{ name: blobs.map(({ file }) => file).join(', '), body: form, contentType: null }];
}

/** The file as a body that is read from disk as it is sent. */
async function opened(path: string): Promise<Blob> {
  const readable = await access(path, constants.R_OK).then(
    async () => (await stat(path)).isFile(),
    () => false,
  );
  if (!readable) throw cliError(meshErrors.unreadableFile, path);
  return openAsBlob(path);
}

/** The content type of a source that a file's name speaks for; the first one if it says nothing. */
function typeOf(file: string, contentTypes: string[]): string {
  const extension = extname(file).slice(1).toLowerCase();
  const lines = extension === 'ndjson' || extension === 'jsonl';
  const fitting = contentTypes.find((type) => type.includes('ndjson') === lines);
  return fitting ?? contentTypes[0] ?? 'application/octet-stream';
}

async function send(
  api: Api,
  way: Way,
  { body, contentType }: Submission,
  key: string | undefined,
): Promise<Reply<Answer>> {
  return api.send<Answer>('POST', new URL(way.address).pathname, {
    body,
    headers: {
      ...(contentType ? { 'content-type': contentType } : {}),
      ...(key ? { 'idempotency-key': key } : {}),
    },
  });
}

/** Asks for the receipt of a large file until it has been worked through. */
async function finished(io: Io, api: Api, receipt: string): Promise<Reply<Answer>> {
  for (let pause = 250; ; pause = Math.min(pause * 1.5, 3000)) {
    const reply = await api.get<Answer>(`/v1/receipts/${receipt}`);
    const { state, received } = reply.body;
    if (state !== 'waiting') return reply;
    io.stderr(`mesh: ${received ?? 0} records so far\n`);
    await sleep(pause);
  }
}

function summary(name: string, answer: Answer): string {
  if (answer.accepted === undefined) return `${name}: taken, receipt ${answer.receipt}`;
  const counts = table(
    ['FILE', 'RECEIVED', 'ACCEPTED', 'UNCHANGED', 'RETRACTED', 'QUARANTINED', 'HELD', 'NOT USED'],
    [[name, answer.received, ...COUNTS.map((count) => answer[count])]],
  );
  return [counts, ...warningLines(answer), ...problemLines(answer)].join('\n');
}

const warningLines = ({ warnings = [] }: Answer): string[] =>
  warnings.map(({ code, path, message }) => `warning ${code} ${path}: ${message}`);

function problemLines(answer: Answer): string[] {
  const problems = answer.items.filter(({ errors }) => errors.length > 0);
  if (problems.length === 0) return [];
  const shown = problems
    .slice(0, PROBLEMS_SHOWN)
    .flatMap(({ index, sourceId, outcome, errors }) =>
      errors.map(({ path, code, message }) => [
        index,
        sourceId,
        outcome,
        code,
        path || '-',
        message,
      ]),
    );
  const more = problems.length - PROBLEMS_SHOWN;
  return [
    '',
    table(['ITEM', 'SOURCE ID', 'OUTCOME', 'CODE', 'WHERE', 'WHY'], shown),
    ...(more > 0 ? [`and ${more} more (-o json shows them)`] : []),
  ];
}
