import { Module } from '@nestjs/common';
import { BrokerModule } from '../broker/broker.module.js';
import { CoverModule } from '../cover/cover.module.js';
import { EventsModule } from '../events/events.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { RegistryModule } from '../registry/registry.module.js';
import { OrganisationsModule } from '../organisations/organisations.module.js';
import { AccessHistory } from './access-history.js';
import { AskingController } from './asking/asking.controller.js';
import { RequestReader } from './asking/filling.js';
import { GrantRequests } from './asking/requests.js';
import { BreakGlassController } from './break-glass/break-glass.controller.js';
import { BreakGlass } from './break-glass/break-glass.js';
import { GrantReviews } from './break-glass/reviews.js';
import { Amendments } from './deciding/amendments.js';
import { AutoGrants } from './deciding/auto-grants.js';
import { Extensions } from './deciding/extensions.js';
import { Supersede } from './deciding/supersede.js';
import { GrantDecisions } from './grant-decisions.js';
import { GrantEnding } from './grant-ending.js';
import { GrantStore } from './grant-store.js';
import { Granter } from './granter.js';
import { GrantsController } from './grants.controller.js';
import { Grants } from './grants.js';
import { GrantLifecycle } from './lifecycle.service.js';
import { KeyChanges } from './key-changes/key-changes.js';
import { KeyChangesController } from './key-changes/key-changes.controller.js';
import { KeyGenerations } from './key-changes/key-generations.js';
import { MotionsModule } from '../motions/motions.module.js';
import { GroundRulesModule } from './ground-rules/ground-rules.module.js';
import { Provision } from './provision.js';
import { GrantNotices } from './use/notices.js';
import { UseController } from './use/use.controller.js';
import { GrantUse } from './use/use.js';
import { PortUse } from './use/ways.js';

@Module({
  imports: [
    BrokerModule,
    CoverModule,
    EventsModule,
    GroundRulesModule,
    IdentityModule,
    LedgerModule,
    MotionsModule,
    OrganisationsModule,
    RegistryModule,
  ],
  // Asking before the rest: `templates` and `drafts` are no ids.
  controllers: [
    AskingController,
    BreakGlassController,
    UseController,
    KeyChangesController,
    GrantsController,
  ],
  providers: [
    Grants,
    GrantDecisions,
    GrantEnding,
    GrantStore,
    Granter,
    GrantLifecycle,
    Provision,
    AccessHistory,
    RequestReader,
    GrantRequests,
    Amendments,
    AutoGrants,
    Extensions,
    Supersede,
    BreakGlass,
    GrantReviews,
    GrantNotices,
    GrantUse,
    PortUse,
    KeyChanges,
    KeyGenerations,
  ],
  exports: [GrantStore, GrantLifecycle, GrantEnding],
})
export class GrantsModule {}
