import { avroType } from '@caremesh/contract';
import { openDatabase } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import {
  consumingMigrations,
  laterRelay,
  openOutbox,
  outboxMigrations,
  quarantineMigrations,
  readKey,
  RecordTransport,
  Relay,
  Seal,
  SchemaRegistry,
  TopicLook,
  connectionOf,
  governancePeer,
} from '@caremesh/product';
import type { KafkaConnection, LaterRelay } from '@caremesh/product';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Pool } from 'pg';

import { Choices } from './choices/choices.js';
import { Cohort } from './choices/cohort.js';
import { Lists } from './choices/lists.js';
import { Sweep } from './choices/sweep.js';
import { Exchange } from './check-service/exchange.js';
import type { Pace } from './check-service/exchange.js';
import { mailboxesOf } from './check-service/mailboxes.js';
import type { Mailboxes } from './check-service/mailboxes.js';
import { Requests } from './check-service/requests.js';
import { BareEndOfView1795323000002 } from './database/bare-end.js';
import { Choices1795312800110 } from './database/choices.js';
import { FillAgain1795312800111 } from './database/fill-again.js';
import { ByPerson1795313000002 } from './database/by-person.js';
import { KeyOfEachRule1795315000001 } from './database/key-of-each-rule.js';
import { Care1795313000000 } from './database/care.js';
import { KeyGenerations1795313000001 } from './database/key-generations.js';
import { CodesInForce1795312800114 } from './database/codes-in-force.js';
import { OneKindOfEnd1795315000002 } from './database/one-kind-of-end.js';
import { Referrals1795322000000 } from './database/referrals.js';
import { Registrations1795324000001 } from './database/registrations.js';
import { ToldMerges1795320000041 } from './database/told-merges.js';
import { Disclosure1763773200000 } from './database/tables.js';
import { Unsure1795320000042 } from './database/unsure.js';
import { Followed1795321000002 } from './database/followed.js';
import { Waiting1795312800112 } from './database/waiting.js';
import { WaitingMerges1795312800113 } from './database/waiting-merges.js';
import { Discloser } from './disclose/discloser.js';
import { EditionController } from './disclose/edition.controller.js';
import { MergeRelease } from './disclose/merge-release.js';
import { Governance } from './grants/governance.js';
import { StoredPseudonymKeys } from './keys/pseudonym-keys.js';
import { FileWrapping } from './keys/wrapping.js';
import type { KeyWrapping } from './keys/wrapping.js';
import { GrantsController } from './operate/grants.controller.js';
import { KeysController } from './operate/keys.controller.js';
import { QuarantineController } from './operate/quarantine.controller.js';
import { ViewStanding } from './operate/standing.js';
import { ViewsController } from './operate/views.controller.js';
import { Lanes } from './lanes/lanes.js';
import { allLanes, lanesOfFirst } from './lanes/lanes-here.js';
import type { LanesHere } from './lanes/lanes-here.js';
import { Narrowing } from './narrowing/narrowing.js';
import { INDIVIDUAL_CARE, partOf, SECONDARY_USE } from './part.js';
import type { Part } from './part.js';
import { formerKeyFiles, paceOf } from './settings.js';
import type { Settings } from './settings.js';
import { GRANT_READING, POOL } from './tokens.js';
import { CarePlans } from './views/care-plans.js';
import { Renamings } from './renamings/renamings.js';
import { SensitiveCodes } from './views/sensitive-codes.js';
import { ViewPlans } from './views/plans.js';
import { Absence } from './views/absence.js';
import { ViewStore } from './views/view-store.js';
import { ViewWatch } from './views/view-watch.js';
import { Announcements } from './withdrawal/announce.js';
import { Leftovers } from './withdrawal/leftovers.js';

/** Each subscription holds a connection while it writes; backfills are bounded, products are few. */
const CONNECTIONS = 24;

/** A view is at most this much behind its product; each transaction and each request to the broker then carries more. */
const GATHERING = { bytes: 200_000, ms: 200 };

/** What the service works with; a test brings its own. */
export type Surroundings = {
  /** Without one: every purpose but individual care. */
  part?: Part;
  /** Which lanes of an edition this thread reads; without, all. */
  lanesHere?: LanesHere;
  /** How many threads read beside this one. */
  besideThreads?: number;
  /** Views that are written without a pause. */
  viewsTogether?: number;
  pool: Pool;
  databaseUrl: string;
  governance: Pick<Governance, 'activeViews' | 'approvedSchemas' | 'contractOf' | 'showsGrantTo'>;
  registry: Pick<SchemaRegistry, 'schema' | 'latestId' | 'url'>;
  connection: KafkaConnection;
  /** Without one it runs in this thread. */
  relay?: LaterRelay;
  serviceKey: Uint8Array;
  /** Closes the pseudonym keys; without one the service's own key does. */
  wrapping?: KeyWrapping;
  /** Codes that are in no view; without them, those that need no list. */
  sensitive?: SensitiveCodes;
  mailboxes: Mailboxes;
  pace: Pace;
  /** How long a cleaned list may be used. */
  listMaxAgeMs: number;
  /** At which times recipients are told of withdrawals. */
  withdrawalsEveryMs: number;
  /** How long editions keep a tombstone. */
  tombstonesKeptMs: number;
  /** Without one: once a minute. */
  absenceNotedEveryMs?: number;
  log: Logger;
};

/** The parts that run, and the Nest module that records and requests come in by. */
export type Parts = {
  relay: LaterRelay;
  keys: StoredPseudonymKeys;
  transport: RecordTransport;
  lanes: Lanes;
  watch: ViewWatch;
  merges: MergeRelease;
  leftovers: Leftovers;
  exchange: Exchange;
  sweep: Sweep;
  announcements: Announcements;
  renamings: Renamings;
  module: DynamicModule;
};

/** Tables of the service: its own, and those of publishing and consuming. */
export const migrations = [
  ...outboxMigrations,
  ...quarantineMigrations,
  ...consumingMigrations,
  Disclosure1763773200000,
  Choices1795312800110,
  FillAgain1795312800111,
  Waiting1795312800112,
  WaitingMerges1795312800113,
  CodesInForce1795312800114,
  Care1795313000000,
  KeyGenerations1795313000001,
  ByPerson1795313000002,
  KeyOfEachRule1795315000001,
  OneKindOfEnd1795315000002,
  ToldMerges1795320000041,
  Unsure1795320000042,
  Followed1795321000002,
  Referrals1795322000000,
  BareEndOfView1795323000002,
  Registrations1795324000001,
];

@Module({})
class DisclosureModule {}

/** Opens the database and what else a running service has about it. */
export async function surroundingsOf(settings: Settings, log: Logger) {
  const url = settings.databaseUrl;
  const database = await openDatabase({
    url,
    entities: [],
    migrations,
    poolSize: CONNECTIONS,
    byKey: true,
  });
  const part = partOf(settings.service);
  const surroundings: Surroundings = {
    part,
    lanesHere: lanesOfFirst(part.lanes),
    besideThreads: part.lanes - 1,
    pool: database.pool,
    databaseUrl: url.reveal(),
    governance: new Governance(governancePeer(settings), part.kind),
    registry: new SchemaRegistry(settings.registryUrl),
    connection: connectionOf(settings),
    // Where many records flow, sending them does not hold up making the next. The other part, of few records, is spared the thread.
    ...(part === SECONDARY_USE && { relay: laterRelay(settings, `relay.${part.name}`, log) }),
    serviceKey: readKey(settings.keyFile),
    wrapping: FileWrapping.at(
      settings.wrappingKeyFile ?? settings.keyFile,
      ...formerKeyFiles(settings),
    ),
    sensitive: SensitiveCodes.from(settings.sensitiveCodesFile),
    mailboxes: mailboxesOf({ ...settings, file: settings.checkMailboxesFile }),
    pace: paceOf(settings),
    listMaxAgeMs: settings.checkMaxAgeMs,
    withdrawalsEveryMs: settings.withdrawalsEveryMs,
    tombstonesKeptMs: settings.topicDeleteRetentionMs,
    log,
  };
  return { database, surroundings };
}

/** Puts the parts together; nothing runs yet. */
export function compose(around: Surroundings): Parts {
  const { pool, databaseUrl, governance, registry, connection, serviceKey, log } = around;
  const keys = new StoredPseudonymKeys(pool, around.wrapping ?? new FileWrapping(() => serviceKey));
  const part = around.part ?? SECONDARY_USE;
  const isCare = part === INDIVIDUAL_CARE;
  const plans = isCare
    ? new CarePlans(governance, registry)
    : new ViewPlans(governance, registry, keys, around.sensitive);
  const store = new ViewStore(pool, part.editionOf);
  const transport = transportOf(around);
  const outbox = openOutbox(pool);
  const seal = new Seal(serviceKey);
  const lists = new Lists({ pool, seal, maxAgeMs: around.listMaxAgeMs });
  const cohort = new Cohort(seal);
  const choices = isCare ? new Narrowing(plans) : new Choices(lists, cohort);
  const discloser = new Discloser(plans, outbox, choices, around.viewsTogether);
  const { name } = part;
  const { lanesHere = allLanes(part.lanes), besideThreads = 0 } = around;
  const lanes = new Lanes({ transport, beside: besideThreads, log });
  const watch = new ViewWatch({
    ...{ governance, store, plans, transport, log, part: name, lanesHere },
    topics: new TopicLook(connection, `mesh.${name}`),
    absence: new Absence(pool, around.tombstonesKeptMs, around.absenceNotedEveryMs),
  });
  const module = moduleOf({ pool, governance, keys, discloser, watch, store, lanes });
  const transactionPrefix = `relay.${part.name}`;
  const relay =
    around.relay ?? new Relay({ databaseUrl, kafka: connection, transactionPrefix, log });
  const merges = new MergeRelease(pool, plans, outbox);
  const leftovers = new Leftovers({ pool, store, plans, outbox, log });
  const { mailboxes, pace, withdrawalsEveryMs: everyMs } = around;
  const requests = new Requests(seal);
  const common = { pool, outbox, registryUrl: registry.url };
  return {
    ...{ relay, keys, transport, lanes, watch, merges, leftovers, module },
    exchange: new Exchange({ pool, mailboxes, cohort, lists, requests, pace, log }),
    sweep: new Sweep({ ...common, store, plans, lists, cohort, log }),
    announcements: new Announcements({
      ...{ ...common, everyMs },
      schemaIdOf: (subject) => registry.latestId(subject),
    }),
    renamings: new Renamings({
      ...common,
      schemaIdOf: (subject) => registry.latestId(subject),
      log,
    }),
  };
}

/** What disclosure serves over HTTP, and what that asks. */
const moduleOf = (served: Served): DynamicModule => ({
  module: DisclosureModule,
  controllers: [
    EditionController,
    GrantsController,
    KeysController,
    QuarantineController,
    ViewsController,
  ],
  providers: [
    { provide: POOL, useValue: served.pool },
    { provide: GRANT_READING, useValue: served.governance },
    { provide: ViewStanding, useValue: new ViewStanding(served.pool, served.keys) },
    { provide: StoredPseudonymKeys, useValue: served.keys },
    { provide: Discloser, useValue: served.discloser },
    { provide: ViewWatch, useValue: served.watch },
    { provide: ViewStore, useValue: served.store },
    { provide: Lanes, useValue: served.lanes },
  ],
});

type Served = {
  pool: Pool;
  governance: Surroundings['governance'];
  keys: StoredPseudonymKeys;
  discloser: Discloser;
  watch: ViewWatch;
  store: ViewStore;
  lanes: Lanes;
};

function transportOf(around: Surroundings): RecordTransport {
  const { pool, governance, registry, connection, serviceKey, log } = around;
  const { name: consumer } = around.part ?? SECONDARY_USE;
  return new RecordTransport(
    {
      domain: 'mesh',
      consumer,
      connection,
      pool,
      registry,
      approved: (topic) => governance.approvedSchemas(topic),
      parseSchema: (text) => avroType(JSON.parse(text) as object),
      serviceKey,
      log,
    },
    { gathering: GATHERING },
  );
}
