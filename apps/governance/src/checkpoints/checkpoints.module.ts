import { Module } from '@nestjs/common';
import { BrokerModule } from '../broker/broker.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { Checkpoints } from './checkpoints.js';
import { Sealer } from './sealer.js';
import { WitnessTopic } from './witness-topic.js';

@Module({
  imports: [BrokerModule, LedgerModule],
  providers: [Checkpoints, Sealer, WitnessTopic],
  exports: [Checkpoints, Sealer],
})
export class CheckpointsModule {}
