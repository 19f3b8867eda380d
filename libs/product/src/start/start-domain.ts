import 'reflect-metadata';

import { setTimeout as sleep } from 'node:timers/promises';

import {
  createLogger,
  Health,
  ledgerAt,
  onStop,
  openDatabase,
  run,
  startHttp,
} from '@caremesh/platform';
import type { Database, Logger } from '@caremesh/platform';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import type { AnySource, Domain } from '../define/domain.js';
import { belowRoot } from '../define/source.js';
import type { Listening, Submit } from '../define/source.js';
import { ProductError } from '../errors.js';
import { mediaType } from '../intake/body.js';
import { domainMigrations } from '../migrations/all.js';
import { governancePeer } from '../approval/governance-peer.js';
import { connectionOf } from '../kafka/connection.js';
import { keepAhead } from '../outbox/positions.js';
import { laterRelay } from '../outbox/relay-thread.js';
import { PublishLag } from '../health/publish-lag.js';
import { tellHealth } from '../health/tell-health.js';
import { keepBackFilling } from '../back-fill/back-fill.js';
import { reportParity } from '../parity/report.js';
import { Ledger } from '../quarantine/ledger.js';
import { Holds } from '../retention/holds.js';
import { keepRetention } from '../retention/keep-retention.js';
import { readKey, Seal } from '../sealing/seal.js';
import {
  asProblem,
  IntakeController,
  QuarantineController,
  StatusController,
} from './controllers.js';
import { DomainService, transactionPrefixOf } from './domain-service.js';
import { listens, portOf, settingsOf } from './settings.js';
import type { DomainEnvironment } from './settings.js';
import { reasonOf } from './waits-for.js';

/** How often governance is asked while an approval is missing. */
const ASK_MS = 1_000;
/** How often it is asked whether one of several majors was retired. */
const WATCH_MS = 5_000;

@Module({})
class DomainModule {}

/**
 * Runs a domain: its tables, its relay, its intakes. All that a domain's main.ts does.
 * Without an approved version of its contracts it runs all the same, and says that it waits for approval.
 * Resolves when it listens; stops gracefully on SIGTERM and SIGINT. What keeps it from starting is the last line
 * of its log, with its code, and the process ends with 1.
 */
export async function startDomain(domain: Domain): Promise<void> {
  await run(domain.name, () =>
    openDomain(domain, process.env).catch((error: unknown) => {
      throw asProblem(error);
    }),
  );
}

/** What `startDomain` runs, in the environment given. Throws what keeps it from starting. */
export async function openDomain(
  domain: Domain,
  env: NodeJS.ProcessEnv,
): Promise<NestFastifyApplication> {
  const environment = settingsOf(domain, env);
  const log = createLogger(domain.name, environment.logLevel);
  const databaseUrl = environment.databaseUrl.reveal();
  const database = await openDatabase({
    byKey: true,
    url: databaseUrl,
    entities: [],
    migrations: domainMigrations,
    // Each subscription holds a connection while its handler writes.
    poolSize: 4 + (domain.subscriptions?.length ?? 0),
  });
  // Before anything is taken in: what got a position below the cursors would never leave.
  await keepAhead(databaseUrl);
  const service = serviceOf(domain, environment, database, log);
  const { governance } = service.parts;
  const ledger = new Ledger(governance);
  let listening: Listening[] = [];
  const app = await startHttp(moduleOf(service, ledger), {
    environment,
    name: domain.name,
    log,
    ledger: () => ledgerAt(governance),
    prepare: async (made) => {
      takeStreams(made, domain);
      made.get(Health).setNotReady('approval');
      // First: a way in that must not be opened as it is set keeps the whole service from starting.
      listening = await listenAll(service, environment, env, log);
    },
  }).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  const relay = laterRelay(environment, transactionPrefixOf(domain.name), log);
  const consuming = service.consuming;
  const stopping = new AbortController();
  const begin = () => (relay.start(), consuming.start());
  void untilApproved(service, app.get(Health), begin, log, stopping.signal);
  void keepPromises(service, environment, stopping.signal);
  keepMajors(service, environment, stopping.signal);
  // Closed in the reverse order: first what takes, then what commits, then what sends, the database last.
  onStop(app, () => database.close());
  onStop(app, () => relay.stop());
  onStop(app, () => consuming.stop());
  onStop(app, () => service.close());
  onStop(app, () => Promise.all(listening.map((one) => one.close())));
  onStop(app, () => stopping.abort());
  return app;
}

function serviceOf(
  domain: Domain,
  environment: DomainEnvironment,
  database: Database,
  log: Logger,
): DomainService {
  const domainKey = readKey(environment.keyFile);
  return new DomainService({
    ...{ domain, environment, database, domainKey, log },
    seal: new Seal(domainKey),
    governance: governancePeer(environment),
    connection: connectionOf(environment),
  });
}

/** Of two majors side by side the newer is filled from the earlier, and what they hold is compared. */
function keepMajors(
  service: DomainService,
  { paritySeconds }: DomainEnvironment,
  signal: AbortSignal,
): void {
  const { database, governance, log } = service.parts;
  const { pool } = database;
  const { committer } = service;
  const everyMs = paritySeconds * 1_000;
  void reportParity({ pool, governance, log, products: () => service.live }, everyMs, signal);
  const filling = { pool, committer, log, products: () => service.published };
  void keepBackFilling(filling, Math.min(everyMs, WATCH_MS), signal);
}

/** What goes on beside the intake: what has been kept long enough ends, and numbers go to governance. */
async function keepPromises(
  service: DomainService,
  { retentionEveryMs, healthEveryMs }: DomainEnvironment,
  signal: AbortSignal,
): Promise<void> {
  const { database, governance, log } = service.parts;
  const { pool } = database;
  const { committer, submissions, quarantine, counters } = service;
  const products = () =>
    service.kept().flatMap(({ live }) => (live ? [{ id: live.id, major: live.major }] : []));
  await Promise.all([
    keepRetention(
      {
        ...{ pool, committer, submissions, quarantine, log },
        holds: new Holds(governance),
        products: () => service.kept(),
        belowRoots: service.parts.domain.sources.flatMap((one) =>
          one.joins ? belowRoot(one) : [],
        ),
        everyMs: retentionEveryMs,
      },
      signal,
    ),
    tellHealth(
      {
        ...{ governance, counters, products },
        lag: new PublishLag(pool),
        everyMs: healthEveryMs,
      },
      signal,
    ),
  ]);
}

/** What a domain serves. */
export const moduleOf = (service: DomainService, ledger: Ledger): DynamicModule => ({
  module: DomainModule,
  controllers: [IntakeController, QuarantineController, StatusController],
  providers: [
    { provide: DomainService, useValue: service },
    { provide: Ledger, useValue: ledger },
  ],
});

/** Of no source: what says so is refused by the intake for its content type. */
const UNREAD = 'application/x-unread';

/**
 * Bodies of any content type but JSON reach the intake unread. One of JSON would be read first, as far as a document may be
 * large, and refused for what it holds: for a source that takes none it goes by another name, and is refused for that once it is
 * known that its sender may send anything there.
 */
function takeStreams(app: NestFastifyApplication, { sources }: Domain): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  fastify.addHook('preParsing', async (request) => {
    const { type } = mediaType(request.headers['content-type']);
    if (!request.routeOptions.config.anyText || type !== 'application/json') return;
    const { source: name } = request.params as { source?: string };
    const source = sources.find((one) => one.name === name);
    if (source && !source.contentTypes.includes(type)) request.headers['content-type'] = UNREAD;
  });
}

/** Asks until every product is approved. That the domain itself is not yet accepted is no fault. */
async function untilApproved(
  service: DomainService,
  health: Health,
  begin: () => void,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  let told = '';
  while (!signal.aborted) {
    const reason = await service.approve().then(
      () => (service.approved ? '' : 'waiting for approval'),
      (error: unknown) => reasonOf(error),
    );
    if (service.products().some(({ approved }) => approved) && !signal.aborted) begin();
    if (service.serving && !signal.aborted) health.setReady();
    if (reason === '' && !service.hasMajorsBeside) break;
    if (reason !== told) log.info({ reason }, 'The domain waits');
    told = reason;
    const pause = reason === '' ? WATCH_MS : ASK_MS;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** Starts the sources that listen on sockets of their own. */
function listenAll(
  service: DomainService,
  environment: DomainEnvironment,
  env: NodeJS.ProcessEnv,
  log: Logger,
): Promise<Listening[]> {
  const listeners = service.parts.domain.sources.filter(listens);
  return Promise.all(
    listeners.map(async (source) => {
      const context = {
        environment: environment.mode,
        host: environment.host,
        port: portOf(source, environment),
        settings: env,
        schemasDir: environment.schemasDir,
        log,
      };
      const submit: Submit<unknown> = (items) => service.submit(source as AnySource, items);
      const listening = await opened(source.name, () => source.listen(submit, context));
      log.info({ source: source.name, address: listening.address }, 'Listening');
      return listening;
    }),
  );
}

/** What a source says against its settings is for whoever set them: it becomes a fault with a code. */
async function opened<T>(source: string, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw new ProductError('sourceNotOpened', `${source}: ${(error as Error).message}`);
  }
}
