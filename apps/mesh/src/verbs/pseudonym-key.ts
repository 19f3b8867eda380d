import type { Command } from 'commander';
import { api, serviceApi } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';
import { motionLines, registerDecisions, registerWithdraw } from './motion.js';
import type { Motion, MotionKind } from './motion.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type KeyChange = Motion & {
  organisation: string;
  purpose: string;
  generation: number;
  keepDays: number;
};
/** `otherRule`: views that the other rule of the opt-out holds for, and that have this key from before there was one for each. */
type Key = {
  organisation: string;
  purpose: string;
  nationalOptOut: string;
  generation: number;
  wrappedBy: string;
  otherRule: number;
};
type AskOptions = { organisation: string; purpose: string; keepDays?: string; reason: string };

const CHANGE: MotionKind<KeyChange> = {
  path: '/v1/pseudonym-key-changes',
  noun: 'a change',
  card: changeCard,
};

/** `mesh pseudonym-key list|change|approve|refuse|withdraw|keys|rewrap` */
export function registerPseudonymKey(program: Command, io: Io): void {
  const key = program
    .command('pseudonym-key')
    .description('other pseudonyms for a recipient, by decision');
  paged(key.command('list').description('changes asked for, newest first')).action(
    (_: unknown, command: Command) => list(io, command),
  );
  key
    .command('change')
    .description('ask for other pseudonyms for an organisation and a purpose')
    .requiredOption('--organisation <ods>', 'the recipient')
    .requiredOption('--purpose <purpose>', 'what it has its views for')
    .option('--keep-days <days>', 'how long its views so far are read beside the new (default: 30)')
    .requiredOption('--reason <text>', 'why')
    .action((_: unknown, command: Command) => ask(io, command));
  registerDecisions(key, io, CHANGE);
  registerWithdraw(key, io, CHANGE);
  key
    .command('keys')
    .description('whose keys there are, and under which wrapping key each lies; no key is shown')
    .action((_: unknown, command: Command) => keys(io, command));
  key
    .command('rewrap')
    .description('wrap every pseudonym key under the wrapping key in use; no pseudonym changes')
    .action((_: unknown, command: Command) => rewrap(io, command));
}

async function list(io: Io, command: Command): Promise<void> {
  const options = optionsOf<PageOptions>(command);
  const reply = await api(io, options).get<{ items: KeyChange[] }>(CHANGE.path, pageOf(options));
  print(io, options, reply, ({ items }) =>
    table(
      ['ID', 'RECIPIENT', 'PURPOSE', 'GENERATION', 'STATE', 'HASH'],
      items.map((one) => [
        ...[one.id, one.organisation, one.purpose, one.generation, one.state, one.contentHash],
      ]),
      'No changes.',
    ),
  );
}

async function ask(io: Io, command: Command): Promise<void> {
  const options = optionsOf<AskOptions>(command);
  const { organisation, purpose, keepDays, reason } = options;
  const days = keepDays === undefined ? {} : { keepDays: Number(keepDays) };
  const given = { organisation, purpose, reason, ...days };
  print(io, options, await api(io, options).post<KeyChange>(CHANGE.path, given), changeCard);
}

async function keys(io: Io, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await serviceApi(io, 'disclosure', options).get<{ items: Key[] }>('/v1/keys');
  print(io, options, reply, ({ items }) =>
    table(
      ['RECIPIENT', 'PURPOSE', 'OPT-OUT', 'GENERATION', 'WRAPPED BY', 'OTHER RULE'],
      items.map((one) => [
        ...[one.organisation, one.purpose, one.nationalOptOut, one.generation, one.wrappedBy],
        one.otherRule,
      ]),
      'No keys: nothing was disclosed yet.',
    ),
  );
}

async function rewrap(io: Io, command: Command): Promise<void> {
  const options = optionsOf(command);
  const reply = await serviceApi(io, 'disclosure', options).post<{ rewrapped: number }>(
    '/v1/keys/rewrap',
  );
  print(io, options, reply, ({ rewrapped }) => `${rewrapped} keys are wrapped anew.`);
}

function changeCard(one: KeyChange): string {
  return card([
    ['id', one.id],
    ['recipient', `${one.organisation}, ${one.purpose}`],
    ['generation', String(one.generation)],
    ['former views', `read for ${one.keepDays} days from the decision`],
    ['state', one.state],
    ...motionLines(one),
  ]);
}
