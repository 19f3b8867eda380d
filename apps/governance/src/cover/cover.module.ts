import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { CoversController } from './covers.controller.js';
import { Covers } from './covers.js';

@Module({
  imports: [LedgerModule, EventsModule],
  controllers: [CoversController],
  providers: [Covers],
  exports: [Covers],
})
export class CoverModule {}
