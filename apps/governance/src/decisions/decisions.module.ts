import { Module } from '@nestjs/common';
import { CoverModule } from '../cover/cover.module.js';
import { DomainsModule } from '../domains/domains.module.js';
import { EventsModule } from '../events/events.module.js';
import { ProposalsModule } from '../proposals/proposals.module.js';
import { RegistrarModule } from '../registrar/registrar.module.js';
import { DecisionsController } from './decisions.controller.js';
import { Reminders } from './reminders.js';
import { Decisions } from './decisions.js';

@Module({
  imports: [CoverModule, DomainsModule, EventsModule, ProposalsModule, RegistrarModule],
  controllers: [DecisionsController],
  providers: [Decisions, Reminders],
})
export class DecisionsModule {}
