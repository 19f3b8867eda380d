import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MotionsModule } from '../motions/motions.module.js';
import { StandardSeed } from './seed.js';
import { StandardProposals } from './standard-proposals.js';
import { StandardsController } from './standards.controller.js';
import { Standards } from './standards.js';

@Module({
  imports: [LedgerModule, MotionsModule],
  controllers: [StandardsController],
  providers: [Standards, StandardProposals, StandardSeed],
  exports: [Standards],
})
export class StandardsModule {}
