import { Module } from '@nestjs/common';
import { CoverModule } from '../cover/cover.module.js';
import { EventsModule } from '../events/events.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { ApprovalPoliciesController } from './approval-policies.controller.js';
import { Lifecycle } from './lifecycle.service.js';
import { ProposalsController } from './proposals.controller.js';
import { Proposals } from './proposals.js';

@Module({
  imports: [LedgerModule, EventsModule, CoverModule],
  controllers: [ProposalsController, ApprovalPoliciesController],
  providers: [Proposals, Lifecycle],
  exports: [Lifecycle],
})
export class ProposalsModule {}
