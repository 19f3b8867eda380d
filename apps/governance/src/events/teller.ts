import { names } from '@caremesh/contract';
import { Repeated } from '@caremesh/platform';
import type { Logger } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { IsNull } from 'typeorm';
import { Kafka } from '../broker/kafka.js';
import { Store } from '../database/store.js';
import { LOGGER } from '../settings.js';
import { AvroEvents } from './avro-events.js';
import { OutboxEventEntity } from './outbox.entity.js';

const EVERY_MS = 250;
const BATCH = 100;

/**
 * Tells what has committed, in the order it was written, through Nest's Kafka transport with one send in
 * flight (with more, kafkajs loses acknowledged messages when answers are dropped). An event may be told
 * twice after a crash; its id is the same.
 */
@Injectable()
export class Teller implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #store: Store;
  readonly #client: ClientKafka;
  readonly #work: Repeated;

  constructor(store: Store, kafka: Kafka, events: AvroEvents, @Inject(LOGGER) log: Logger) {
    this.#store = store;
    this.#client = new ClientKafka({
      client: kafka.clientConfig,
      producerOnlyMode: true,
      producer: { maxInFlightRequests: 1, allowAutoTopicCreation: false },
      send: { acks: -1 },
      serializer: events,
    });
    this.#work = new Repeated({ name: 'teller', everyMs: EVERY_MS, log, run: () => this.#tell() });
  }

  onApplicationBootstrap(): void {
    this.#work.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#work.stop();
    await this.#client.close();
  }

  async #tell(): Promise<void> {
    await this.#store.exclusively('teller', async () => {
      for (const event of await this.#waiting()) {
        await lastValueFrom(this.#client.emit(names.GOVERNANCE_EVENTS_TOPIC, event));
        await this.#store.reader.update(
          OutboxEventEntity,
          { id: event.id },
          { sentAt: new Date() },
        );
      }
    });
  }

  #waiting(): Promise<OutboxEventEntity[]> {
    return this.#store.reader.find(OutboxEventEntity, {
      where: { sentAt: IsNull() },
      order: { id: 'ASC' },
      take: BATCH,
    });
  }
}
