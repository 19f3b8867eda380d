import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { ProductHealthController } from './health.controller.js';
import { ProductHealth } from './product-health.js';
import { Standing } from './standing.js';

@Module({
  imports: [EventsModule, LedgerModule],
  controllers: [ProductHealthController],
  providers: [Standing, ProductHealth],
  exports: [ProductHealth],
})
export class HealthModule {}
