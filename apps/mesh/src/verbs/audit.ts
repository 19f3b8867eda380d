import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { readPublicKey } from '../audit/checkpoint.js';
import { unpack } from '../audit/unpack.js';
import { verifyExport } from '../audit/verify.js';
import { verdictText } from '../audit/verdict-text.js';
import { cliError, meshErrors } from '../errors.js';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { optionsOf, print, printValue, table } from '../output.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type Entry = {
  seq: number;
  at: string;
  actor: string;
  role: string;
  action: string;
  object: string;
};
type Access = {
  kind: string;
  principal: string;
  organisation?: string;
  purpose?: string;
  topic: string;
  since: string | null;
  endedAt: string | null;
  authority: { role: string; by: string | null }[];
};

/** `mesh audit list|export|verify|who` */
export function registerAudit(program: Command, io: Io): void {
  const audit = program.command('audit').description('the ledger: who did what, and proof of it');
  paged(audit.command('list').description('entries, newest first'))
    .option('--object <object>', 'only about this object, such as grant:<id>')
    .action((_: unknown, command: Command) => list(io, command));
  audit
    .command('export')
    .description('write the ledger into a folder')
    .requiredOption('--out <folder>', 'where to')
    .option('--from <day>', 'first day, YYYY-MM-DD')
    .option('--to <day>', 'last day')
    .option('--format <format>', 'files to verify, or fhir: AuditEvents of FHIR R4', 'files')
    .action((_: unknown, command: Command) => exportTo(io, command));
  audit
    .command('processing')
    .description('the record of processing (UK GDPR article 30), as CSV')
    .option('--organisation <code>', 'only of this organisation (ODS code)')
    .action((_: unknown, command: Command) => processing(io, command));
  audit
    .command('verify <folder>')
    .description('verify an export; needs nothing that runs')
    .option(
      '--witness <file>',
      'checkpoints kept elsewhere: finds a cut tail and a ledger made anew',
    )
    .option(
      '--key <file>',
      'public key known from elsewhere (JWK), instead of the one in the export',
    )
    .action((folder: string, _: unknown, command: Command) => verify(io, folder, command));
  audit
    .command('who')
    .description('who could read a product on a day, and on whose authority')
    .requiredOption('--product <id>', 'the product')
    .requiredOption('--on <day>', 'the day, YYYY-MM-DD')
    .action((_: unknown, command: Command) => who(io, command));
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<PageOptions & { object?: string }>(command);
  const query = { object: options.object, ...pageOf(options) };
  const reply = await api(io, options).get<{ items: Entry[] }>('/v1/audit/entries', query);
  print(io, options, reply, ({ items }) =>
    table(
      ['SEQ', 'AT', 'WHO', 'AS', 'DID', 'TO'],
      items.map((one) => [one.seq, one.at, one.actor, one.role, one.action, one.object]),
    ),
  );
}

async function exportTo(io: Io, command: Command): Promise<void> {
  const options = optionsOf<{ out: string; from?: string; to?: string; format: string }>(command);
  const folder = resolve(io.cwd, options.out);
  const { from, to, format } = options;
  const tar = await api(io, options).stream('/v1/audit/export', { from, to, format });
  const files = await unpack(tar, folder);
  printValue(io, options, { out: folder, files }, () => `${folder}: ${files.join(', ')}`);
}

async function processing(io: Io, command: Command): Promise<void> {
  const options = optionsOf<{ organisation?: string }>(command);
  const { organisation, output } = options;
  if (output === 'json')
    throw cliError(meshErrors.usage, 'The record of processing is CSV: leave -o json out.');
  const csv = await text(await api(io, options).stream('/v1/audit/processing', { organisation }));
  print(io, options, { text: csv, body: csv }, (body) => body);
}

async function verify(io: Io, folder: string, command: Command): Promise<void> {
  const options = optionsOf<{ witness?: string; key?: string }>(command);
  const verdict = await verifyExport({
    folder: readable(io, folder),
    witness: options.witness && readable(io, options.witness),
    key: options.key && publicKeyIn(readable(io, options.key)),
  });
  printValue(io, options, verdict, verdictText);
  if (!verdict.ok) throw cliError(meshErrors.checkFailed, 'The export is not as it was written.');
}

function readable(io: Io, path: string): string {
  const file = resolve(io.cwd, path);
  if (!existsSync(file)) throw cliError(meshErrors.unreadableFile, `${file} is missing.`);
  return file;
}

/** A key that is none says nothing of the export: the wrong file was named. */
function publicKeyIn(file: string): string {
  if (readPublicKey(readFileSync(file, 'utf8'))) return file;
  throw cliError(
    meshErrors.unreadableFile,
    `${file} holds no Ed25519 public key (a JWK of kty OKP).`,
  );
}

async function who(io: Io, command: Command): Promise<void> {
  const options = optionsOf<{ product: string; on: string }>(command);
  const { product, on } = options;
  const reply = await api(io, options).get<{ items: Access[] }>('/v1/audit/access', {
    product,
    on,
  });
  print(io, options, reply, ({ items }) =>
    table(
      ['PRINCIPAL', 'ORGANISATION', 'PURPOSE', 'TOPIC', 'SINCE', 'ENDED', 'ON AUTHORITY OF'],
      items.map((one) => [
        one.principal,
        one.organisation,
        one.purpose,
        one.topic,
        one.since,
        one.endedAt,
        one.authority.map(({ role, by }) => `${role} (${by})`),
      ]),
      'Nobody.',
    ),
  );
}
