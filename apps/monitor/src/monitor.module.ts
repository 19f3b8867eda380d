import { openDatabase, ledgerAt } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { SchemaRegistry, connectionOf, governancePeer } from '@caremesh/product';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';

import { CountStore } from './counts/count-store.js';
import { Monitor1795312800000 } from './database/tables.js';
import { Governance } from './governance/governance.js';
import { TopicsController } from './operate/topics.controller.js';
import { FigureStore } from './report/figures.js';
import { Reporter } from './report/reporter.js';
import type { Settings } from './settings.js';
import { Watch } from './watch/watch.js';

/** One per topic that commits a batch at the same moment, and the reporter's; more would wait for the disk. */
const CONNECTIONS = 4;

@Module({})
class MonitorModule {}

/** Opens the database and puts the parts together; nothing runs yet. */
export async function compose(settings: Settings, log: Logger) {
  const { databaseUrl: url, healthWindowMs } = settings;
  const migrations = [Monitor1795312800000];
  const database = await openDatabase({
    url,
    entities: [],
    migrations,
    poolSize: CONNECTIONS,
    byKey: true,
  });
  const peer = governancePeer(settings);
  const governance = new Governance(peer);
  const watch = new Watch({
    governance,
    registry: new SchemaRegistry(settings.registryUrl),
    connection: connectionOf(settings),
    store: new CountStore(database.pool),
    healthWindowMs,
    log,
  });
  const reporter = new Reporter({
    governance,
    figures: new FigureStore(database.pool),
    majors: () => watch.majors(),
    healthWindowMs,
  });
  return { database, watch, reporter, module: moduleOf(watch), ledger: ledgerAt(peer) };
}

/** What it serves. */
export const moduleOf = (watch: Watch): DynamicModule => ({
  module: MonitorModule,
  controllers: [TopicsController],
  providers: [{ provide: Watch, useValue: watch }],
});
