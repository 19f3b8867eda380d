import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { StandardsModule } from '../standards/standards.module.js';
import { AdoptionController } from './adoption.controller.js';
import { Adoption } from './adoption.js';
import { CentralServices } from './central-service.js';
import { Participants } from './participants.js';

@Module({
  imports: [StandardsModule, LedgerModule],
  controllers: [AdoptionController],
  providers: [Adoption, CentralServices, Participants],
})
export class AdoptionModule {}
