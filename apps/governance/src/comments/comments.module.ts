import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { CommentsController } from './comments.controller.js';
import { Comments } from './comments.js';

@Module({
  imports: [LedgerModule, EventsModule],
  controllers: [CommentsController],
  providers: [Comments],
})
export class CommentsModule {}
