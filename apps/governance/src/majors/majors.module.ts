import { Module } from '@nestjs/common';
import { BrokerModule } from '../broker/broker.module.js';
import { CoverModule } from '../cover/cover.module.js';
import { EventsModule } from '../events/events.module.js';
import { GrantsModule } from '../grants/grants.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { ProposalsModule } from '../proposals/proposals.module.js';
import { Consumers } from './consumers.js';
import { MajorEnding } from './ending.js';
import { MajorsController } from './majors.controller.js';
import { Majors } from './majors.js';
import { Readings } from './readings.js';

@Module({
  imports: [BrokerModule, CoverModule, EventsModule, LedgerModule, ProposalsModule, GrantsModule],
  controllers: [MajorsController],
  providers: [Majors, Consumers, MajorEnding, Readings],
})
export class MajorsModule {}
