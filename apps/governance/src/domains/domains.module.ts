import { Module } from '@nestjs/common';
import { BrokerModule } from '../broker/broker.module.js';
import { EventsModule } from '../events/events.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { DeadLetters } from './dead-letters.js';
import { DomainsController } from './domains.controller.js';
import { Domains } from './domains.js';

@Module({
  imports: [BrokerModule, LedgerModule, EventsModule],
  controllers: [DomainsController],
  providers: [Domains, DeadLetters],
  exports: [Domains],
})
export class DomainsModule {}
