import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AuditModule } from './audit/audit.module.js';
import { CheckpointsModule } from './checkpoints/checkpoints.module.js';
import { AdoptionModule } from './adoption/adoption.module.js';
import { CommentsModule } from './comments/comments.module.js';
import { CoverModule } from './cover/cover.module.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { DecisionsModule } from './decisions/decisions.module.js';
import { DomainsModule } from './domains/domains.module.js';
import { EventsModule } from './events/events.module.js';
import { FoundationModule } from './foundation.module.js';
import { GrantsModule } from './grants/grants.module.js';
import { HealthModule } from './health/health.module.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { OrganisationsModule } from './organisations/organisations.module.js';
import { PoliciesModule } from './policies/policies.module.js';
import { MajorsModule } from './majors/majors.module.js';
import { ProductsModule } from './products/products.module.js';
import { ProposalsModule } from './proposals/proposals.module.js';
import { ReconcileModule } from './reconcile/reconcile.module.js';
import { RegistrarModule } from './registrar/registrar.module.js';
import { RequestsModule } from './requests/requests.module.js';
import { RetentionModule } from './retention/retention.module.js';
import type { Settings } from './settings.js';
import { StandardsModule } from './standards/standards.module.js';
import { WaiversModule } from './waivers/waivers.module.js';

/** Governance: the only place that says yes. */
@Module({
  imports: [
    LedgerModule,
    CheckpointsModule,
    AuditModule,
    EventsModule,
    DomainsModule,
    ProposalsModule,
    DecisionsModule,
    RegistrarModule,
    ProductsModule,
    GrantsModule,
    MajorsModule,
    CredentialsModule,
    ReconcileModule,
    OrganisationsModule,
    StandardsModule,
    PoliciesModule,
    WaiversModule,
    AdoptionModule,
    CommentsModule,
    CoverModule,
    RequestsModule,
    HealthModule,
    RetentionModule,
  ],
})
export class GovernanceModule {
  static with(settings: Settings): DynamicModule {
    return { module: GovernanceModule, imports: [FoundationModule.with(settings)] };
  }
}
