import { Module } from '@nestjs/common';
import { BrokerModule } from '../broker/broker.module.js';
import { DomainsModule } from '../domains/domains.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { ProductsModule } from '../products/products.module.js';
import { ProposalsModule } from '../proposals/proposals.module.js';
import { RegistryModule } from '../registry/registry.module.js';
import { CarryOut } from './carry-out.js';
import { Publication } from './publication.js';
import { Registrar } from './registrar.js';

@Module({
  imports: [
    BrokerModule,
    DomainsModule,
    IdentityModule,
    LedgerModule,
    ProductsModule,
    ProposalsModule,
    RegistryModule,
  ],
  providers: [Registrar, CarryOut, Publication],
  exports: [Registrar],
})
export class RegistrarModule {}
