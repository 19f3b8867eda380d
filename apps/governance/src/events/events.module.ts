import { Module } from '@nestjs/common';
import { BrokerModule } from '../broker/broker.module.js';
import { RegistryModule } from '../registry/registry.module.js';
import { AvroEvents } from './avro-events.js';
import { Outbox } from './outbox.js';
import { Teller } from './teller.js';

@Module({
  imports: [BrokerModule, RegistryModule],
  providers: [Outbox, Teller, AvroEvents],
  exports: [Outbox],
})
export class EventsModule {}
