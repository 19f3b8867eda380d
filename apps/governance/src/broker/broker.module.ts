import { Module } from '@nestjs/common';
import { Access } from './access.js';
import { Kafka } from './kafka.js';
import { Quotas } from './quotas.js';
import { Topics } from './topics.js';

@Module({
  providers: [Kafka, Topics, Access, Quotas],
  exports: [Kafka, Topics, Access, Quotas],
})
export class BrokerModule {}
