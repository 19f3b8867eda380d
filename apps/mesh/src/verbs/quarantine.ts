import type { Command } from 'commander';
import { cliError, meshErrors } from '../errors.js';
import { domainApi, serviceApi, type Api, type CallOptions } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table, type CommonOptions } from '../output.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type Place = { domain?: string; service?: string };
type Filter = PageOptions & {
  cause?: string;
  publisher?: string;
  state?: string;
  from?: string;
  to?: string;
};
type Item = {
  id: string;
  product: string;
  source: string;
  sourceId: string | null;
  publisherOds: string | null;
  /** The domain that published a record a consumer refused. */
  publisher?: string | null;
  receivedAt: string;
  step: string;
  errors: { path: string; code: string; message: string; fix: string }[];
  state: string;
  sha256: string;
  bytes: number;
  origin: { topic: string; partition: number; offset: number } | null;
  payload?: string;
};
/** `settled`: of those named, not open any more. `leftOut`: of those that stand for a file nothing is kept that could be taken in again. */
type Replayed = {
  replayed: number;
  published: number;
  refused: number;
  held?: number;
  settled?: number;
  leftOut?: number;
};

/** `mesh quarantine list|show|replay|discard`: what a domain (or a service that consumes) put aside. */
export function registerQuarantine(program: Command, io: Io): void {
  const quarantine = program
    .command('quarantine')
    .description('see what was put aside, and take it in again once it can be, or put it away');
  const listing = quarantine.command('list').description('what is in quarantine, without payloads');
  paged(filters(at(listing)))
    .option(
      '--publisher <name>',
      'only of this organisation (ODS code); at a service, of this domain',
    )
    .option('--state <state>', 'open, replayed, resolved or discarded')
    .action((_: unknown, command: Command) => list(io, optionsOf<Place & Filter>(command)));
  at(quarantine.command('show <id>').description('one item'))
    .option('--reveal', 'its payload too; who saw it and why goes on the ledger')
    .option('--reason <text>', 'why you need to see the payload')
    .action((id: string, _: unknown, command: Command) => show(io, id, optionsOf(command)));
  filters(
    at(
      quarantine
        .command('replay [ids...]')
        .description('take items in again, as they are now read'),
    ),
  ).action((ids: string[], _: unknown, command: Command) => replay(io, ids, optionsOf(command)));
  at(quarantine.command('discard <ids...>').description('put items away that will stay refused'))
    .option('--reason <text>', 'why; it goes on the ledger with your name')
    .action((ids: string[], _: unknown, command: Command) => discard(io, ids, optionsOf(command)));
}

const at = (command: Command): Command =>
  command
    .option('--domain <name>', 'the domain that put it aside')
    .option('--service <name>', 'a service that consumes, such as disclosure');

const filters = (command: Command): Command =>
  command
    .option('--cause <code>', 'only with this fault, such as MESH-2202')
    .option('--from <time>', 'received from this time on (RFC 3339)')
    .option('--to <time>', 'received before this time');

/** The service that holds the quarantine. */
function holder(io: Io, options: Place & CommonOptions): Api {
  const { domain, service } = options;
  if (domain && !service) return domainApi(io, domain, options);
  if (service && !domain) return serviceApi(io, service, options);
  throw cliError(meshErrors.usage, 'Give either --domain <name> or --service <name>.');
}

async function list(io: Io, options: Place & Filter & CommonOptions): Promise<void> {
  const { cause, publisher, state, from, to } = options;
  const query = { cause, publisher, state, from, to, ...pageOf(options) };
  const reply = await holder(io, options).get<{ items: Item[] }>('/v1/quarantine', query);
  print(io, options, reply, ({ items }) => {
    const rows = items.map((one) => [
      one.id,
      one.state,
      one.receivedAt,
      one.product,
      one.step,
      one.errors.map(({ code, path }) => `${code} ${path}`),
      whence(one),
    ]);
    return table(
      ['ID', 'STATE', 'RECEIVED', 'PRODUCT', 'STEP', 'FAULTS', 'FROM'],
      rows,
      'Nothing is in quarantine.',
    );
  });
}

/** Where a publisher finds it: the record of a source (its id, or its line), or the place in a topic. */
const whence = ({ origin, source, sourceId }: Item): string =>
  origin
    ? `${origin.topic}/${origin.partition}@${origin.offset}`
    : [source, sourceId].filter(Boolean).join(' ');

async function show(
  io: Io,
  id: string,
  options: Place & CommonOptions & { reveal?: boolean; reason?: string },
): Promise<void> {
  if (options.reveal && !options.reason?.trim())
    throw cliError(meshErrors.usage, 'Give --reason with --reveal: it goes on the ledger.');
  const path = `/v1/quarantine/${encodeURIComponent(id)}`;
  const reply = await holder(io, options).send<Item>('GET', path, revealing(options));
  print(io, options, reply, (item) =>
    [
      card([
        ['id', item.id],
        ['state', item.state],
        ['received', item.receivedAt],
        ['product', item.product],
        ['source', item.source],
        ['record', item.sourceId],
        ['publisher', item.publisherOds ?? item.publisher],
        ['step', item.step],
        ['bytes', item.bytes],
        ['sha256', item.sha256],
        ['origin', item.origin],
      ]),
      '',
      table(
        ['CODE', 'WHERE', 'WHY', 'FIX'],
        item.errors.map(({ code, path: where, message, fix }) => [
          code,
          where || '-',
          message,
          fix,
        ]),
      ),
      ...(item.payload === undefined ? [] : ['', inLines(item.payload)]),
    ].join('\n'),
  );
}

/** HL7 ends its lines with CR alone, and on a terminal each would be written over the one before. */
const inLines = (payload: string): string => payload.replace(/\r\n?/g, '\n');

/** The reason goes beside the address, which servers write into their logs, unless a header cannot hold it. */
function revealing({ reveal, reason }: { reveal?: boolean; reason?: string }): CallOptions {
  if (!reveal || !reason) return {};
  const plain = /^[\x20-\x7e]+$/.test(reason);
  return plain
    ? { query: { reveal }, headers: { 'x-reason': reason } }
    : { query: { reveal, reason } };
}

async function replay(
  io: Io,
  ids: string[],
  options: Place & Filter & CommonOptions,
): Promise<void> {
  const { cause, from, to } = options;
  if (ids.length === 0 && !cause && !from && !to)
    throw cliError(meshErrors.usage, 'Name what to replay: ids, or --cause, --from, --to.');
  const selection = ids.length > 0 ? { ids } : { cause, from, to };
  const reply = await holder(io, options).post<Replayed>('/v1/quarantine/replays', selection);
  print(
    io,
    options,
    reply,
    ({ replayed, published, refused, held = 0, settled = 0, leftOut = 0 }) =>
      [
        `${replayed} taken in again: ${published} published, ${refused} refused anew.`,
        ...(held > 0
          ? [`${held} held: each waits for a row that it belongs to. Send that row.`]
          : []),
        ...(settled > 0 ? [`${settled} left out: not open any more.`] : []),
        ...(leftOut > 0
          ? [
              `${leftOut} left out: they stand for files that could not be read. Send the files again.`,
            ]
          : []),
      ].join('\n'),
  );
}

async function discard(
  io: Io,
  ids: string[],
  options: Place & CommonOptions & { reason?: string },
): Promise<void> {
  const { reason } = options;
  if (!reason?.trim())
    throw cliError(meshErrors.usage, 'Give --reason: it goes on the ledger with your name.');
  const reply = await holder(io, options).post<{ discarded: number }>('/v1/quarantine/discards', {
    ids,
    reason,
  });
  print(io, options, reply, ({ discarded }) => `${discarded} discarded.`);
}
