import { join } from 'node:path';

import { ledgerAt, openDatabase } from '@caremesh/platform';
import type { LedgerWriter, Logger } from '@caremesh/platform';
import { SchemaRegistry, topicEnds, connectionOf, governancePeer } from '@caremesh/product';
import type { KafkaConnection } from '@caremesh/product';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Pool } from 'pg';

import { Aggregates } from './aggregates/aggregates.js';
import { Followed1795321000003 } from './database/followed.js';
import { Fillings1795313000050 } from './database/fillings.js';
import { GrantUse1795317000002 } from './database/grant-use.js';
import { Paused1795313000004 } from './database/paused.js';
import { Removals1795323000001 } from './database/removals.js';
import { Snapshots1795313000002 } from './database/snapshots.js';
import { OutputPorts1795313000001 } from './database/tables.js';
import { Told1795313000003 } from './database/told.js';
import { Governance } from './governance/governance.js';
import { Filled } from './live/filled.js';
import { LiveSet } from './live/live-set.js';
import { Ports } from './live/ports.js';
import { Watch } from './live/watch.js';
import { AggregateController } from './operate/aggregate.controller.js';
import { Holders } from './operate/holders.js';
import { PortController } from './operate/port.controller.js';
import type { DatabasePlace } from './operate/port.controller.js';
import { PortStanding } from './operate/port-standing.js';
import { SnapshotController } from './operate/snapshot.controller.js';
import { Snapshots } from './snapshots/snapshots.js';
import { SqlCredentials } from './recipients/sql-credentials.js';
import type { Settings } from './settings.js';
import { Uses } from './use/uses.js';
import { CONTRACTS, DATABASE, LEDGER } from './tokens.js';

/** One per view that commits a batch at the same moment, and a few for requests; more would wait for the disk. */
const CONNECTIONS = 8;

/** What the service works with; a test brings its own. */
export type Surroundings = {
  pool: Pool;
  governance: Pick<
    Governance,
    'grant' | 'grantShownTo' | 'contractOf' | 'approvedSchemas' | 'tellUse'
  >;
  registry: Pick<SchemaRegistry, 'schema'>;
  connection: KafkaConnection;
  place: DatabasePlace;
  snapshots: { folder: string; everyMs: number; soonestMs: number };
  /** How long views keep a tombstone. */
  tombstonesKeptMs: number;
  ledger: LedgerWriter;
  log: Logger;
};

export const migrations = [
  OutputPorts1795313000001,
  Snapshots1795313000002,
  Told1795313000003,
  Paused1795313000004,
  Fillings1795313000050,
  GrantUse1795317000002,
  Followed1795321000003,
  Removals1795323000001,
];

@Module({})
class OutputPortsModule {}

/** Opens the database and what else a running service has about it. */
export async function surroundingsOf(settings: Settings, log: Logger) {
  const { databaseUrl: url } = settings;
  const database = await openDatabase({ url, entities: [], migrations, poolSize: CONNECTIONS });
  const peer = governancePeer(settings);
  const surroundings: Surroundings = {
    pool: database.pool,
    governance: new Governance(peer),
    registry: new SchemaRegistry(settings.registryUrl),
    connection: connectionOf(settings),
    place: placeOf(settings),
    snapshots: {
      folder: settings.snapshotsFolder ?? join(settings.home, 'snapshots'),
      everyMs: settings.snapshotsEveryMs,
      soonestMs: settings.snapshotsSoonestMs,
    },
    tombstonesKeptMs: settings.topicDeleteRetentionMs,
    ledger: ledgerAt(peer),
    log,
  };
  return { database, surroundings };
}

/** Puts the parts together; nothing runs yet. */
export function compose(around: Surroundings) {
  const { pool, governance, registry, connection, tombstonesKeptMs, log } = around;
  const ports = new Ports(pool);
  const live = new LiveSet(pool);
  const credentials = new SqlCredentials(pool);
  const filled = new Filled(pool, (topic) => topicEnds(connection, topic));
  const snapshots = new Snapshots({ pool, log, filled, ...around.snapshots });
  const aggregates = new Aggregates(pool);
  const uses = new Uses({ pool, governance });
  const reading = { governance, registry, connection, log };
  const watch = new Watch({ ...reading, ports, live, filled, snapshots, tombstonesKeptMs });
  const module: DynamicModule = {
    module: OutputPortsModule,
    controllers: [AggregateController, PortController, SnapshotController],
    providers: [
      { provide: DATABASE, useValue: around.place },
      { provide: LEDGER, useValue: around.ledger },
      { provide: Ports, useValue: ports },
      { provide: Watch, useValue: watch },
      { provide: Snapshots, useValue: snapshots },
      { provide: Aggregates, useValue: aggregates },
      { provide: Uses, useValue: uses },
      { provide: Filled, useValue: filled },
      { provide: CONTRACTS, useValue: governance },
      { provide: SqlCredentials, useValue: credentials },
      { provide: Holders, useValue: new Holders(governance) },
      { provide: PortStanding, useValue: new PortStanding(pool, ports, credentials) },
    ],
  };
  return { ports, credentials, watch, snapshots, aggregates, uses, module };
}

/** In production passwords and rows cross a network: nothing but TLS will do. */
function placeOf({ databaseUrl, publicDatabase, mode }: Settings): DatabasePlace {
  const url = new URL(databaseUrl.reveal());
  const [host = url.hostname, port = url.port || '5432'] = publicDatabase?.split(':') ?? [];
  const sslMode = mode === 'production' ? 'verify-full' : 'prefer';
  return { host, port: Number(port), database: url.pathname.slice(1), sslMode };
}
