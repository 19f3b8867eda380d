import { Module } from '@nestjs/common';
import { CoverModule } from '../cover/cover.module.js';
import { EventsModule } from '../events/events.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { Motions } from './motions.js';

@Module({
  imports: [CoverModule, LedgerModule, EventsModule],
  providers: [Motions],
  exports: [Motions, CoverModule],
})
export class MotionsModule {}
