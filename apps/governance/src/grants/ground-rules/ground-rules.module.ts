import { Module } from '@nestjs/common';
import { LedgerModule } from '../../ledger/ledger.module.js';
import { MotionsModule } from '../../motions/motions.module.js';
import { OrganisationsModule } from '../../organisations/organisations.module.js';
import { AgreementsController } from './agreements.controller.js';
import { GroundRules } from './ground-rules.js';
import { GrantPoliciesController } from './policies.controller.js';

@Module({
  imports: [LedgerModule, MotionsModule, OrganisationsModule],
  controllers: [AgreementsController, GrantPoliciesController],
  providers: [GroundRules],
})
export class GroundRulesModule {}
