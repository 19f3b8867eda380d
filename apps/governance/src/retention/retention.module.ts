import { Module } from '@nestjs/common';
import { CoverModule } from '../cover/cover.module.js';
import { EventsModule } from '../events/events.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { RetentionExtensionsController } from './extensions.controller.js';
import { RetentionExtensions } from './extensions.js';

@Module({
  imports: [CoverModule, EventsModule, LedgerModule],
  controllers: [RetentionExtensionsController],
  providers: [RetentionExtensions],
  exports: [RetentionExtensions],
})
export class RetentionModule {}
