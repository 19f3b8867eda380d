import { Module } from '@nestjs/common';
import { CheckpointsModule } from '../checkpoints/checkpoints.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { AuditController } from './audit.controller.js';
import { AuditExport } from './export.js';
import { Periods } from './period.js';
import { ProcessingRecord } from './processing.js';

@Module({
  imports: [CheckpointsModule, LedgerModule],
  controllers: [AuditController],
  providers: [AuditExport, Periods, ProcessingRecord],
})
export class AuditModule {}
