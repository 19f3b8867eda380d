import { Module } from '@nestjs/common';
import { Access } from './access.js';
import { Kafka } from './kafka.js';
import { Quotas } from './quotas.js';
import { Topics } from './topics.js';
import { WaitingFetches } from './waiting-fetches.js';

@Module({
  providers: [Kafka, Topics, Access, Quotas, WaitingFetches],
  exports: [Kafka, Topics, Access, Quotas, WaitingFetches],
})
export class BrokerModule {}
