import { Module } from '@nestjs/common';
import { BrokerModule } from '../broker/broker.module.js';
import { EventsModule } from '../events/events.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { RegistryModule } from '../registry/registry.module.js';
import { DecidedSchemas } from './decided-schemas.js';
import { DecidedState } from './decided.js';
import { DriftsController } from './drifts.controller.js';
import { Drifts } from './drifts.js';
import { Reconciler } from './reconciler.js';
import { Repair } from './repair.js';
import { SubjectRepair } from './subjects.js';

@Module({
  imports: [BrokerModule, EventsModule, LedgerModule, RegistryModule],
  controllers: [DriftsController],
  providers: [Reconciler, Repair, SubjectRepair, DecidedState, DecidedSchemas, Drifts],
})
export class ReconcileModule {}
